//! A mirror with thousands of connections that do nothing: honest requests are answered.

use std::{
    net::{Ipv4Addr, SocketAddr},
    process::Stdio,
    time::Duration,
};

use cpan_sigstore_testkit::archive::{file, targz, with};
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use crate::{
    fixtures::{author::HOME, shop::FILE},
    harness::{Beside, World, address},
};

/// More connections than a mirror has at once.
const CONNECTIONS: usize = 1200;
/// Addresses of this machine from which they come.
const MACHINES: usize = 24;
/// Honest requests beside the attack.
const TURNS: usize = 20;
/// A request that takes longer is never answered.
const NEVER: Duration = Duration::from_secs(60);
/// Bytes of an archive that no buffer of a connection holds.
const SIZE: usize = 12 << 20;

/// Connections from `machines` addresses of this machine, in turns of three kinds: they ask for an archive and read
/// nothing, send half a head, or ask as another site's page would.
async fn attack(mirror: SocketAddr, connections: usize, machines: usize) -> Vec<TcpStream> {
    let archive = format!("GET /authors/id/{HOME}/{FILE} HTTP/1.1\r\nHost: {mirror}\r\n");
    let requests = [
        format!("{archive}\r\n"),
        archive.clone(),
        format!("{archive}Sec-Fetch-Site: cross-site\r\n\r\n"),
    ];
    let mut open = Vec::new();
    for number in 0..connections {
        let socket = TcpSocket::new_v4().unwrap();
        let machine = u8::try_from(number % machines + 2).unwrap();
        let own = SocketAddr::from((Ipv4Addr::new(127, 0, 0, machine), 0));
        socket.bind(own).unwrap();
        let mut stream = socket.connect(mirror).await.unwrap();
        // The mirror may have ended it by now.
        let _ = stream.write_all(requests[number % 3].as_bytes()).await;
        open.push(stream);
    }
    open
}

/// An honest request, which is answered.
async fn honest(mirror: SocketAddr, path: &str) {
    let mut stream = TcpStream::connect(mirror).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {mirror}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    timeout(NEVER, read).await.unwrap().unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n"), "{path}");
}

#[test]
fn connections_that_read_nothing_stop_nobody() {
    // Each connection needs a file.
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).unwrap();
    let user = World::new().with_policy();
    user.policy("");
    let mut noise = 1_u64;
    let bytes: Vec<u8> = std::iter::repeat_with(|| {
        noise = noise
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        noise.to_be_bytes()[0]
    })
    .take(SIZE)
    .collect();
    user.publish(FILE, &targz(&with([file("Foo-Bar-1.02/noise", bytes)])));
    let mut mirror = user
        .command(&[
            "mirror",
            "--listen",
            "127.0.0.1:0",
            "--policy",
            "policy.toml",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let url = address(&mut mirror);
    let _mirror = Beside(mirror);
    let mirror: SocketAddr = url["http://".len()..]
        .trim_end_matches('/')
        .parse()
        .unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let archive = format!("/authors/id/{HOME}/{FILE}");
        let honestly = ["/-/metrics", "/modules/02packages.details.txt"];
        // Once before the attack: the upstream is not what is measured.
        for path in [&*archive, honestly[0], honestly[1]] {
            honest(mirror, path).await;
        }
        let attackers = tokio::spawn(attack(mirror, CONNECTIONS, MACHINES));
        while !attackers.is_finished() {
            for path in honestly {
                honest(mirror, path).await;
            }
        }
        let open = attackers.await.unwrap();
        assert_eq!(open.len(), CONNECTIONS);
        for path in honestly.iter().cycle().take(TURNS) {
            honest(mirror, path).await;
        }
    });
}
