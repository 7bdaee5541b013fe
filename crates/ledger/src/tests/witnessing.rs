//! Witnesses on loopback: those that cosign, refuse, lie, and know another size.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    sync::{Arc, Mutex},
    thread,
};

use cpan_sigstore_tlog::{
    checkpoint::{Checkpoint, cosign},
    key::{Algorithm, SigningKey},
    policy::LogPolicy,
    tree::{TreeHead, continues},
    witness::AddCheckpoint,
};

use super::support::{MemoryStore, NOW, archives, key, policy as no_witness, run};
use crate::{
    create,
    store::Area,
    witnesses::{PublishError, publish},
    writer::{CHECKPOINT, LogWriter},
};

/// The behaviour of a witness.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Behaviour {
    /// Cosigns what continues the tree that it knows.
    Honest,
    /// Cosigns another checkpoint.
    Lying,
    /// Has a clock that is behind.
    Behind,
    /// Refuses everything.
    Refusing,
}

/// A witness on loopback. It ends with the test's process.
struct Witness {
    url: String,
    key: Arc<SigningKey>,
    known: Arc<Mutex<TreeHead>>,
}

impl Witness {
    fn start(seed: u8, behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let name = format!("witness{seed}.example");
        let key = SigningKey::from_seed(&name, Algorithm::CosignatureV1, [seed; 32]).unwrap();
        let (key, known) = (Arc::new(key), Arc::new(Mutex::new(empty())));
        let (signer, state) = (Arc::clone(&key), Arc::clone(&known));
        thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let body = read_body(&mut stream);
                let (status, answer) = answer(behaviour, &signer, &state, &body);
                let head = format!(
                    "HTTP/1.1 {status} x\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                    answer.len()
                );
                stream
                    .write_all(&[head.as_bytes(), &answer].concat())
                    .unwrap();
            }
        });
        Self { url, key, known }
    }
}

fn empty() -> TreeHead {
    TreeHead {
        size: 0,
        root: cpan_sigstore_tlog::hash::NodeHash::of_empty_tree(),
    }
}

/// Reads a request up to the length that its head states.
fn read_body(stream: &mut std::net::TcpStream) -> Vec<u8> {
    let (mut bytes, mut part) = (Vec::new(), [0; 4096]);
    loop {
        let count = stream.read(&mut part).unwrap();
        bytes.extend_from_slice(&part[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_ascii_lowercase();
            assert!(
                head.starts_with("post /add-checkpoint http/1.1\r\n"),
                "{head}"
            );
            let length = head
                .split("content-length: ")
                .nth(1)
                .unwrap()
                .split("\r\n")
                .next()
                .unwrap();
            if body.len() == length.parse::<usize>().unwrap() {
                return body.as_bytes().to_vec();
            }
        }
        assert!(count > 0, "{text}");
    }
}

/// What `tlog-witness` prescribes.
fn answer(
    behaviour: Behaviour,
    key: &SigningKey,
    known: &Mutex<TreeHead>,
    body: &[u8],
) -> (u16, Vec<u8>) {
    let request = AddCheckpoint::parse(body).unwrap();
    let checkpoint = Checkpoint::parse(request.checkpoint.text()).unwrap();
    if behaviour == Behaviour::Refusing {
        return (403, b"no".to_vec());
    }
    let mut known = known.lock().unwrap();
    if request.old != known.size {
        return (409, format!("{}\n", known.size).into_bytes());
    }
    if !continues(&known, &checkpoint.tree, &request.proof) {
        return (422, Vec::new());
    }
    *known = checkpoint.tree;
    let (note, time) = match behaviour {
        Behaviour::Lying => (checkpoint_of_another_tree(), NOW + 10),
        Behaviour::Behind => (request.checkpoint, NOW - 1),
        _ => (request.checkpoint, NOW + 10),
    };
    (200, format!("{}\n", cosign(&note, key, time)).into_bytes())
}

fn checkpoint_of_another_tree() -> cpan_sigstore_tlog::note::Note {
    Checkpoint::new("other", empty()).sign(&key()).unwrap()
}

fn policy(witnesses: &[&Witness], quorum: usize) -> LogPolicy {
    let mut text = format!("log {}\n", key().verifier());
    let mut names = Vec::new();
    for (at, witness) in witnesses.iter().enumerate() {
        text.push_str(&format!(
            "witness w{at} {} {}\n",
            witness.key.verifier(),
            witness.url
        ));
        names.push(format!("w{at}"));
    }
    text.push_str(&format!("group g {quorum} {}\nquorum g\n", names.join(" ")));
    text.parse().unwrap()
}

fn log() -> MemoryStore {
    let store = MemoryStore::new();
    create(&store, &key()).unwrap();
    store
}

/// Appends, and publishes with witnesses. Returns the names of those that refused.
async fn append(
    store: &MemoryStore,
    to: u64,
    policy: &LogPolicy,
) -> Result<Vec<String>, PublishError> {
    let key = key();
    let mut writer = LogWriter::open(store, &key)?;
    let new: Vec<_> = archives(0..to)
        .into_iter()
        .filter(|file| !writer.has(&file.path))
        .collect();
    writer.append(&new, NOW)?;
    let published = publish(&writer, policy).await?;
    assert!(
        policy
            .verify(&store.get(Area::Log, CHECKPOINT).unwrap())
            .is_ok()
    );
    Ok(published
        .refused
        .into_iter()
        .map(|(name, error)| format!("{name}: {error}"))
        .collect())
}

#[tokio::test]
async fn publishes_with_the_quorum_of_witnesses() {
    let (one, two) = (
        Witness::start(11, Behaviour::Honest),
        Witness::start(12, Behaviour::Honest),
    );
    let bad = Witness::start(13, Behaviour::Refusing);
    let (store, policy) = (log(), policy(&[&one, &bad, &two], 2));
    for size in [5, 300, 301] {
        let refused = append(&store, size, &policy).await.unwrap();
        assert_eq!(refused, ["w1: it answered with status 403: no"]);
        assert_eq!(one.known.lock().unwrap().size, size);
    }
    // Nothing new, and no request.
    assert!(append(&store, 301, &policy).await.unwrap().is_empty());
}

#[tokio::test]
async fn catches_up_with_what_a_witness_knows() {
    let witness = Witness::start(21, Behaviour::Honest);
    let (store, policy) = (log(), policy(&[&witness], 1));
    append(&store, 10, &policy).await.unwrap();
    // A checkpoint without this witness was published meanwhile, so that its size is not known here.
    run(&store, &archives(0..20), NOW).unwrap();
    append(&store, 30, &policy).await.unwrap();
    assert_eq!(witness.known.lock().unwrap().size, 30);
}

#[tokio::test]
async fn keeps_published_checkpoint_without_quorum() {
    for behaviour in [Behaviour::Refusing, Behaviour::Lying, Behaviour::Behind] {
        let (good, bad) = (
            Witness::start(31, Behaviour::Honest),
            Witness::start(32, behaviour),
        );
        let (store, policy) = (log(), policy(&[&good, &bad], 2));
        run(&store, &archives(0..5), NOW).unwrap();
        let before = store.get(Area::Log, CHECKPOINT);
        let error = append(&store, 10, &policy).await.unwrap_err();
        assert!(
            matches!(error, PublishError::Quorum { size: 10, .. }),
            "{error}"
        );
        assert_eq!(store.get(Area::Log, CHECKPOINT), before);
        // The tree is committed: no witness gets another one of this size.
        let (key, tree) = (key(), *good.known.lock().unwrap());
        assert_eq!(LogWriter::open(&store, &key).unwrap().tree(), tree);
    }
}

#[tokio::test]
async fn is_refused_by_witness_that_saw_another_tree() {
    let witness = Witness::start(41, Behaviour::Honest);
    let (store, forked) = (log(), log());
    let policy = policy(&[&witness], 1);
    append(&store, 10, &policy).await.unwrap();
    let key = key();
    let mut writer = LogWriter::open(&forked, &key).unwrap();
    writer.append(&archives(50..70), NOW).unwrap();
    let error = publish(&writer, &policy).await.unwrap_err().to_string();
    assert!(
        error.contains("w0: it cosigned another history of this log"),
        "{error}"
    );
    let mut smaller = LogWriter::open(&forked, &key).unwrap();
    witness.known.lock().unwrap().size = 1000;
    smaller.append(&archives(70..71), NOW).unwrap();
    let error = publish(&smaller, &policy).await.unwrap_err().to_string();
    assert!(
        error.contains("w0: it knows a tree of 1000 leaves, but the log has 21"),
        "{error}"
    );
    assert!(
        no_witness()
            .verify(&forked.get(Area::Log, CHECKPOINT).unwrap())
            .unwrap()
            .tree()
            .size
            == 0
    );
}
