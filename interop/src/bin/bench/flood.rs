//! A mirror under 10 000 connections that do nothing: how long an honest request takes.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use cpan_sigstore_sandbox::{Sandbox, SandboxOptions};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpSocket;

use crate::attempt::BenchError;
use crate::mirror::{FOLDER, Server, archive};
use crate::table::{Goal, Table, milliseconds};

/// Connections of the attack.
const CONNECTIONS: usize = 10_000;
/// Addresses of this machine from which they come.
const MACHINES: [u8; 2] = [200, 1];
/// The most that an honest request may take.
const PATIENCE: Duration = Duration::from_secs(1);
/// The most that is waited for one.
const LIMIT: Duration = Duration::from_secs(30);
/// Honest requests beside the open connections.
const TURNS: usize = 200;
/// An archive that no buffer of a connection holds.
const ARCHIVE: &str = "Noise-1.00.tar.gz";

/// The slowest honest request while the connections open, and beside them.
pub fn figures(table: &mut Table) -> Result<(), BenchError> {
    let sandbox = Sandbox::start(SandboxOptions::default())?;
    let folder = TempDir::new()?;
    let tree = folder.path().join("cpan");
    archive(&tree, ARCHIVE, 12 << 20)?;
    fs::create_dir_all(tree.join("modules"))?;
    fs::write(
        tree.join("modules/02packages.details.txt"),
        format!(
            "File: 02packages.details.txt\nLine-Count: 1\nLast-Updated: Thu, 01 Jan 2026 00:00:00 GMT\n\nNoise 1.00 B/BE/BENCH/{ARCHIVE}\n"
        ),
    )?;
    for machines in MACHINES {
        let mirror = Server::mirror(&sandbox, &folder.path().join("mirror"), &tree)?;
        let address = mirror.url["http://".len()..].trim_end_matches('/');
        let address = address.parse::<SocketAddr>();
        let address = address.map_err(|error| BenchError::Made(error.to_string()))?;
        attack(address, machines, table)?;
    }
    Ok(())
}

fn attack(mirror: SocketAddr, machines: u8, table: &mut Table) -> Result<(), BenchError> {
    let archive = format!("/{FOLDER}/{ARCHIVE}");
    let paths = ["/-/metrics", "/modules/02packages.details.txt"];
    // Once before: the upstream is not what is measured.
    for path in [&*archive, paths[0], paths[1]] {
        Honest::request(mirror, path)?;
    }
    let attackers = thread::spawn(move || open(mirror, &archive, machines));
    let mut opening = Vec::new();
    while !attackers.is_finished() {
        for path in paths {
            opening.push(Honest::request(mirror, path)?);
        }
    }
    let failed = |_| BenchError::Made("the attack ended early".to_owned());
    let (_runtime, _open) = attackers.join().map_err(failed)??;
    let mut beside = Vec::new();
    for path in paths.iter().cycle().take(TURNS) {
        beside.push(Honest::request(mirror, path)?);
    }
    for (when, times) in [("opening", opening), ("open", beside)] {
        report(&format!("{when}, {machines} addresses"), times, table);
    }
    Ok(())
}

type Attack = (tokio::runtime::Runtime, Vec<tokio::net::TcpStream>);

/// Opens the connections, in turns of three kinds: they request an archive and read nothing, send half a head, or make
/// a request as another site's page would.
fn open(mirror: SocketAddr, archive: &str, machines: u8) -> Result<Attack, std::io::Error> {
    let head = format!("GET {archive} HTTP/1.1\r\nHost: {mirror}\r\n");
    let requests = [
        format!("{head}\r\n"),
        head.clone(),
        format!("{head}Sec-Fetch-Site: cross-site\r\n\r\n"),
    ];
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let open = runtime.block_on(async {
        let mut open = Vec::new();
        let machines = (2..=u8::MAX).take(usize::from(machines)).cycle();
        let kinds = requests.iter().cycle();
        for (machine, request) in machines.zip(kinds).take(CONNECTIONS) {
            let socket = TcpSocket::new_v4()?;
            socket.bind((Ipv4Addr::new(127, 0, 0, machine), 0).into())?;
            let mut stream = socket.connect(mirror).await?;
            // The mirror may have ended it by now.
            let _ = stream.write_all(request.as_bytes()).await;
            open.push(stream);
        }
        Ok::<_, std::io::Error>(open)
    })?;
    Ok((runtime, open))
}

/// The time of one honest request.
struct Honest {
    connected: Duration,
    answered: Duration,
}

impl Honest {
    fn request(mirror: SocketAddr, path: &str) -> Result<Self, BenchError> {
        let begun = Instant::now();
        let mut stream = TcpStream::connect_timeout(&mirror, LIMIT)?;
        let connected = begun.elapsed();
        stream.set_read_timeout(Some(LIMIT))?;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {mirror}\r\nConnection: close\r\n\r\n"
        )?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        if !answer.starts_with(b"HTTP/1.1 200 OK\r\n") {
            let line = answer.split(|byte| *byte == b'\r').next();
            let line = String::from_utf8_lossy(line.unwrap_or_default());
            return Err(BenchError::Made(format!("{path}: {line}")));
        }
        Ok(Self {
            connected,
            answered: begun.elapsed(),
        })
    }
}

fn report(when: &str, mut times: Vec<Honest>, table: &mut Table) {
    times.sort_by_key(|time| time.answered);
    let last = times.len().saturating_sub(1);
    let at = |hundredth: usize| {
        let time = times.get(last * hundredth / 100);
        time.map_or(Duration::ZERO, |time| time.answered)
    };
    let connected = times.iter().map(|time| time.connected).max();
    let slowest = at(100);
    table.row(
        &format!("mirror, {CONNECTIONS} connections {when}, slowest"),
        milliseconds(slowest),
        ("limit", milliseconds(PATIENCE)),
        slowest.div_duration_f64(PATIENCE),
        Goal::AtMost(1.0),
    );
    table.note(format!(
        "{CONNECTIONS} connections {when}: {} honest requests, median {}, 99 of 100 within {}, slowest connection {}",
        times.len(),
        milliseconds(at(50)),
        milliseconds(at(99)),
        milliseconds(connected.unwrap_or_default()),
    ));
}
