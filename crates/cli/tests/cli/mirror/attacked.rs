//! A mirror with thousands of connections that do nothing: honest requests are answered.

use std::{
    net::{Ipv4Addr, SocketAddr},
    process::Stdio,
    time::{Duration, Instant},
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

/// Longest time for an honest request.
const PATIENCE: Duration = Duration::from_secs(1);
/// Honest requests beside the attack.
const TURNS: usize = 200;
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

/// The time that one honest request takes, with its connection.
async fn honest(mirror: SocketAddr, path: &str) -> Duration {
    let begun = Instant::now();
    let mut stream = TcpStream::connect(mirror).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {mirror}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    // One that is never answered fails.
    timeout(10 * PATIENCE, read).await.unwrap().unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n"), "{path}");
    begun.elapsed()
}

/// Prints how long requests took, and returns the time that 99 of 100 needed at most.
fn report(when: &str, times: &mut [Duration]) -> Duration {
    times.sort();
    let at = |hundredth: usize| {
        let last = times.len().saturating_sub(1);
        times
            .get(last * hundredth / 100)
            .copied()
            .unwrap_or_default()
    };
    let (asked, median, late, slowest) = (times.len(), at(50), at(99), at(100));
    eprintln!(
        "{when}: {asked} honest requests, median {median:?}, 99 of 100 within {late:?}, slowest {slowest:?}"
    );
    late
}

/// Attacks a mirror, and returns the time within which 99 of 100 honest requests were answered beside the connections.
fn attacked(connections: usize, machines: usize) -> Duration {
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
        let attackers = tokio::spawn(attack(mirror, connections, machines));
        let mut opening = Vec::new();
        while !attackers.is_finished() {
            for path in honestly {
                opening.push(honest(mirror, path).await);
            }
        }
        let open = attackers.await.unwrap();
        assert_eq!(open.len(), connections);
        let mut beside = Vec::new();
        for path in honestly.iter().cycle().take(TURNS) {
            beside.push(honest(mirror, path).await);
        }
        eprintln!("{connections} connections from {machines} addresses:");
        report("while they open", &mut opening);
        report("beside them", &mut beside)
    })
}

#[test]
fn connections_that_read_nothing_stop_nobody() {
    assert!(attacked(1200, 24) < PATIENCE);
}

#[test]
#[ignore = "it opens 10 000 connections, for a figure"]
fn answers_within_a_second_beside_10000_connections() {
    assert!(attacked(10_000, 200) < PATIENCE);
    assert!(attacked(10_000, 1) < PATIENCE);
}
