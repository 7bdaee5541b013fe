//! A log in memory, and a server of its files.

use std::{
    collections::{HashMap, HashSet},
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use cpan_sigstore_core::digest::Sha256Digest;
pub use cpan_sigstore_core::policy::Policy;
pub use cpan_sigstore_tlog::leaf::PACKAGE_INDEX_PATH;
use cpan_sigstore_tlog::{
    checkpoint::{Checkpoint, cosign},
    frontier::Frontier,
    key::{Algorithm, SigningKey},
    leaf::Leaf,
    note::Note,
    policy::LogPolicy,
    proof::TlogProof,
    tile::{HashTile, TileNodes, TilePath, TileSource},
    tree::prove_inclusion,
};
pub use jiff::{SignedDuration, Timestamp};

pub(crate) use super::super::{IndexCheck, LogAnswer, LogClient, LogEvidence};
use crate::TrustStore;

pub const ORIGIN: &str = "cpan.example/log";
pub const FOO: &str = "authors/id/T/TI/TIMLEGGE/Foo-Bar-1.02.tar.gz";
pub const OTHER: &str = "authors/id/T/TI/TIMLEGGE/Other-1.00.tar.gz";
pub const RECORD: &str = "authors/id/T/TI/TIMLEGGE/TIMLEGGE-sigstore-identities-2.json";
pub const INDEX: &str = "-/index.json";
/// The time of the test, in Unix seconds.
pub const NOW: u64 = 1_790_000_000;

pub fn now() -> Timestamp {
    at(NOW)
}

pub fn at(seconds: u64) -> Timestamp {
    Timestamp::from_second(i64::try_from(seconds).unwrap()).unwrap()
}

pub fn key(seed: u8) -> Arc<SigningKey> {
    Arc::new(SigningKey::from_seed(ORIGIN, Algorithm::Ed25519, [seed; 32]).unwrap())
}

pub fn witness(seed: u8) -> Arc<SigningKey> {
    let name = format!("witness-{seed}.example");
    Arc::new(SigningKey::from_seed(&name, Algorithm::CosignatureV1, [seed; 32]).unwrap())
}

/// A leaf of a path with this content.
pub fn leaf(path: &str, content: &str, time: u64) -> Leaf {
    let digest = Sha256Digest::of(content.as_bytes());
    Leaf::new(path.parse().unwrap(), digest, content.len() as u64, time).unwrap()
}

/// A log, its key, and the time of its witness.
#[derive(Clone)]
pub struct TestLog {
    pub key: Arc<SigningKey>,
    pub leaves: Vec<Leaf>,
    pub witnesses: Vec<Arc<SigningKey>>,
    pub cosigned: u64,
}

impl TestLog {
    /// A log of so many other archives, and an hour later of the package index and of Foo-Bar.
    pub fn new(others: usize) -> Self {
        let mut log = Self {
            key: key(1),
            leaves: Vec::new(),
            witnesses: Vec::new(),
            cosigned: NOW,
        };
        for at in 0..others {
            let path = format!("authors/id/A/AB/ABC/Mod-{at}.0.tar.gz");
            log.leaves.push(leaf(&path, &path, NOW - 3600));
        }
        log.leaves.push(leaf(PACKAGE_INDEX_PATH, "index", NOW));
        log.leaves.push(leaf(FOO, "foo", NOW));
        log
    }

    pub fn with(&self, leaf: Leaf) -> Self {
        let mut log = self.clone();
        log.leaves.push(leaf);
        log
    }

    /// The tree of the first leaves.
    pub fn first(&self, leaves: usize) -> Self {
        let mut log = self.clone();
        log.leaves.truncate(leaves);
        log
    }

    fn tree(&self) -> (Frontier, HashMap<TilePath, Vec<u8>>) {
        let (mut frontier, mut tiles) = (Frontier::default(), HashMap::new());
        for leaf in &self.leaves {
            frontier.push(leaf.hash(), |path, hashes| {
                tiles.insert(path, HashTile::to_bytes(hashes));
            });
        }
        for (path, hashes) in frontier.partial() {
            tiles.insert(path, HashTile::to_bytes(hashes));
        }
        (frontier, tiles)
    }

    pub fn checkpoint(&self) -> Note {
        let head = self.tree().0.head();
        let mut note = Checkpoint::new(ORIGIN, head).sign(&self.key).unwrap();
        for witness in &self.witnesses {
            note.add(cosign(&note, witness, self.cosigned));
        }
        note
    }

    /// The text of a policy without a quorum, or with one of all witnesses.
    pub fn policy(&self, url: &str) -> String {
        let mut text = format!("log {} {url}\n", self.key.verifier());
        let names: Vec<_> = (0..self.witnesses.len())
            .map(|at| format!("w{at}"))
            .collect();
        for (name, witness) in names.iter().zip(&self.witnesses) {
            text += &format!("witness {name} {}\n", witness.verifier());
        }
        match names.is_empty() {
            true => text + "quorum none\n",
            false => text + &format!("group every all {}\nquorum every\n", names.join(" ")),
        }
    }

    /// The proof of the newest leaf of a path.
    pub fn proof(&self, path: &str) -> TlogProof {
        let is_it = |leaf: &Leaf| leaf.path().as_str() == path;
        let index = self.leaves.iter().rposition(is_it).unwrap();
        let size = self.leaves.len() as u64;
        let tiles = self.tree().1;
        let mut nodes = TileNodes::new(Tiles(&tiles), size);
        let hashes = prove_inclusion(&mut nodes, index as u64, size).unwrap();
        let policy: LogPolicy = self.policy("https://log.example/").parse().unwrap();
        let checkpoint = policy.verify(self.checkpoint().to_string().as_bytes());
        TlogProof::new(
            &self.leaves[index],
            index as u64,
            hashes,
            &checkpoint.unwrap(),
        )
    }

    /// The files of the log, with a proof of each path in the newest tree.
    pub fn files(&self) -> HashMap<String, Vec<u8>> {
        let tiles = self.tree().1.into_iter();
        let mut files: HashMap<_, _> = tiles
            .map(|(path, bytes)| (path.to_string(), bytes))
            .collect();
        files.insert("checkpoint".into(), self.checkpoint().to_string().into());
        for path in [FOO, OTHER, PACKAGE_INDEX_PATH, RECORD, INDEX] {
            if self.leaves.iter().any(|leaf| leaf.path().as_str() == path) {
                files.insert(proof_of(path), self.proof(path).to_string().into());
            }
        }
        files
    }
}

pub fn proof_of(path: &str) -> String {
    format!("{path}.tlog-proof")
}

struct Tiles<'a>(&'a HashMap<TilePath, Vec<u8>>);

impl TileSource for Tiles<'_> {
    type Error = TilePath;

    fn tile(&mut self, path: &TilePath) -> Result<Vec<u8>, TilePath> {
        self.0.get(path).cloned().ok_or(*path)
    }
}

#[derive(Default)]
struct Served {
    files: HashMap<String, Vec<u8>>,
    endless: HashSet<String>,
    is_down: bool,
    requests: Vec<String>,
}

/// A server of files that counts the requests.
#[derive(Clone)]
pub struct Server {
    served: Arc<Mutex<Served>>,
    pub url: String,
}

impl Server {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            url: format!("http://{}/", listener.local_addr().unwrap()),
            served: Arc::default(),
        };
        let served = Arc::clone(&server.served);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                answer(stream, &served);
            }
        });
        server
    }

    /// A server of the files of a log.
    pub fn of(log: &TestLog) -> Self {
        let server = Self::start();
        server.serve(log);
        server
    }

    pub fn serve(&self, log: &TestLog) {
        self.served.lock().unwrap().files = log.files();
    }

    pub fn change(&self, change: impl FnOnce(&mut HashMap<String, Vec<u8>>)) {
        change(&mut self.served.lock().unwrap().files);
    }

    /// Answers every request with an error that no further try mends.
    pub fn end(&self) {
        self.served.lock().unwrap().is_down = true;
    }

    /// Answers a request with bytes without an end.
    pub fn never_end(&self, path: String) {
        self.served.lock().unwrap().endless.insert(path);
    }

    /// The requests since the last call.
    pub fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.served.lock().unwrap().requests)
    }
}

fn answer(mut stream: TcpStream, served: &Mutex<Served>) {
    let (mut head, mut part) = (Vec::new(), [0; 4096]);
    while !head.ends_with(b"\r\n\r\n") {
        let count = stream.read(&mut part).unwrap_or_default();
        if count == 0 {
            return;
        }
        head.extend_from_slice(&part[..count]);
    }
    let head = String::from_utf8(head).unwrap();
    let path = head.split(' ').nth(1).unwrap().trim_start_matches('/');
    let (status, body, is_endless) = {
        let mut served = served.lock().unwrap();
        served.requests.push(path.to_owned());
        let is_endless = served.endless.contains(path);
        match served.files.get(path) {
            _ if served.is_down => (400, Vec::new(), false),
            _ if is_endless => (200, Vec::new(), true),
            Some(body) => (200, body.clone(), false),
            None => (404, Vec::new(), false),
        }
    };
    let length = match is_endless {
        true => String::new(),
        false => format!("content-length: {}\r\n", body.len()),
    };
    let head = format!("HTTP/1.1 {status} x\r\n{length}connection: close\r\n\r\n");
    let mut sent = stream.write_all(&[head.as_bytes(), &body].concat());
    while is_endless && sent.is_ok() {
        sent = stream.write_all(&[b'x'; 65_536]);
    }
}

/// A machine: its trust store and its cache.
pub struct Machine {
    pub folder: tempfile::TempDir,
    pub store: TrustStore,
}

impl Machine {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("store.sqlite");
        let store = TrustStore::open(place.to_str().unwrap()).await.unwrap();
        Self { folder, store }
    }

    /// The same machine after a restart.
    pub async fn restarted(self) -> Self {
        let Self { folder, store } = self;
        drop(store);
        let place = folder.path().join("store.sqlite");
        let store = TrustStore::open(place.to_str().unwrap()).await.unwrap();
        Self { folder, store }
    }

    /// A client of a log behind an address, in a new process.
    pub fn client(&self, log: &TestLog, url: &str) -> LogClient {
        self.client_by(&log.policy(url), "")
    }

    pub fn client_by(&self, log_policy: &str, settings: &str) -> LogClient {
        let text = format!("[log]\ntlog-policy = 'x'\n{settings}");
        let settings = Policy::parse(&text).unwrap().log().unwrap().clone();
        let cache = self.folder.path().join("cache");
        LogClient::new(log_policy.parse().unwrap(), settings, Some(&cache)).unwrap()
    }

    pub async fn look_up(&self, client: &LogClient, path: &str, now: Timestamp) -> LogEvidence {
        let path = path.parse().unwrap();
        client.look_up(&self.store, &path, None, now).await.unwrap()
    }

    /// The answer about Foo-Bar in a new process.
    pub async fn ask(&self, log: &TestLog, url: &str) -> LogAnswer {
        let client = self.client(log, url);
        self.look_up(&client, FOO, now()).await.answer
    }

    /// The size of the remembered tree of the first test log.
    pub async fn known_size(&self) -> Option<u64> {
        let log = key(1).verifier().to_string();
        self.store.log(&log).await.unwrap().map(|log| log.size)
    }
}

/// The digest that an answer states.
pub fn digest(answer: &LogAnswer) -> Option<Sha256Digest> {
    match answer {
        LogAnswer::Logged(logged) => Some(logged.leaf().leaf().digest()),
        _ => None,
    }
}

pub fn foo() -> Option<Sha256Digest> {
    Some(Sha256Digest::of(b"foo"))
}
