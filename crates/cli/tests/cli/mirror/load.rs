//! A mirror under load, with an upstream that fails: nothing wrong is ever served, and nothing hangs.

use std::{
    collections::BTreeMap,
    process::{Child, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use cpan_sigstore_sandbox::Fault;

use crate::{
    fixtures::author::{ID, distribution},
    harness::{World, address, sha256},
};

const CLIENTS: usize = 64;
const REQUESTS: usize = 10_000;
const RELEASES: usize = 24;

/// What a client may see of a path.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expected {
    Bytes([u8; 32]),
    Denied,
}

/// A mirror that ends with the test.
struct Running {
    child: Child,
    url: String,
}

impl Running {
    fn start(author: &World) -> Self {
        let mut child = author
            .command(&["mirror", "--listen", "127.0.0.1:0", "--fresh", "1"])
            .env("CPAN_SIGSTORE_DATA", author.path("data"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let url = address(&mut child);
        Self { child, url }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Releases at the upstream: unsigned ones, and some with a bundle for other bytes.
fn published(author: &World) -> BTreeMap<String, Expected> {
    let pause = &author.sandbox.pause;
    let mut paths = BTreeMap::new();
    author.write("other.tar.gz", b"other bytes");
    author.sign(&["other.tar.gz"]).exits(0);
    let bundle = std::fs::read(author.path("other.tar.gz.sigstore.json")).unwrap();
    for number in 0..RELEASES {
        let version = format!("1.{number:02}");
        // A distribution each: one that signed once is not let go back.
        let dist = format!("Load-{}", ["A", "B", "C", "D"][number % 4]);
        let bytes = distribution(&dist, &version);
        let name = format!("{dist}-{version}.tar.gz");
        let mut expected = Expected::Bytes(sha256(&bytes));
        if number % 4 == 3 {
            pause.publish(ID, &format!("{name}.sigstore.json"), bundle.clone());
            expected = Expected::Denied;
        }
        let path = pause.publish(ID, &name, bytes);
        paths.insert(format!("authors/id/{path}"), expected);
    }
    paths
}

async fn client(
    number: usize,
    http: reqwest::Client,
    url: Arc<str>,
    paths: Arc<Vec<(String, Expected)>>,
    served: Arc<AtomicUsize>,
) {
    // Each its own way through the paths, the same in every run.
    for turn in 0..REQUESTS.div_ceil(CLIENTS) {
        let (path, expected) = &paths[(number * 7 + turn * (2 * number + 1)) % paths.len()];
        let answer = http.get(format!("{url}{path}")).send().await.unwrap();
        let status = answer.status().as_u16();
        let body = answer.bytes().await.unwrap();
        match (status, expected) {
            (200, Expected::Bytes(digest)) => {
                assert!(sha256(&body) == *digest, "other bytes for {path}");
                served.fetch_add(1, Ordering::Relaxed);
            }
            (403, Expected::Denied) | (503, _) => {
                assert!(!body.starts_with(b"\x1f\x8b"), "an archive as an error");
                assert!(body.len() < 2000 && body.ends_with(b"\n"));
            }
            (status, _) => panic!("{status} for {path}"),
        }
    }
}

#[test]
fn serves_nothing_wrong_under_load_and_faults() {
    let author = World::new().with_account();
    let paths = Arc::new(published(&author).into_iter().collect::<Vec<_>>());
    let mirror = Running::start(&author);
    let served = Arc::new(AtomicUsize::new(0));
    let faults = author.sandbox.services.cpan.faults();
    faults.every(5, Fault::TruncatedBody);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        // Longer than any request may take, the tries at the upstream among them.
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(60))
            .build()
            .unwrap();
        let url: Arc<str> = mirror.url.as_str().into();
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let (paths, served) = (Arc::clone(&paths), Arc::clone(&served));
                tokio::spawn(client(
                    number,
                    http.clone(),
                    Arc::clone(&url),
                    paths,
                    served,
                ))
            })
            .collect();
        for client in clients {
            client.await.unwrap();
        }
    });
    let served = served.load(Ordering::Relaxed);
    // Three in four may be served; few of them meet an upstream that is away for all tries.
    assert!(served > REQUESTS / 2, "served {served} of {REQUESTS}");
}
