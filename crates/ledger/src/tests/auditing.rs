//! Audits of logs that were tampered with, and proofs from them.

use std::fs;

use cpan_sigstore_cpan::Cpan;
use cpan_sigstore_tlog::{
    checkpoint::{VerifiedCheckpoint, cosign},
    entries,
    hash::NodeHash,
    key::{Algorithm, SigningKey},
    leaf::{LeafError, LeafPath},
    policy::LogPolicy,
    replay::Violation,
};

use super::support::{End, MemoryStore, NOW, ORIGIN, archives, audited, key, path, policy, run};
use crate::{
    audit::{Audit, Difference, Fault, audit},
    create,
    prove::{ProveError, find, prove},
    reader::{LogReader, ReadError},
    store::Area,
    writer::CHECKPOINT,
};

fn log_of(count: u64) -> MemoryStore {
    let store = MemoryStore::new();
    create(&store, &key()).unwrap();
    run(&store, &archives(0..count), NOW).unwrap();
    store
}

fn reader(store: &MemoryStore) -> (tempfile::TempDir, LogReader) {
    let folder = tempfile::tempdir().unwrap();
    store.dump(folder.path());
    let log = LogReader::at(&folder.path().display().to_string()).unwrap();
    (folder, log)
}

fn codes(audit: &Audit) -> Vec<&'static str> {
    audit.faults.iter().map(Fault::code).collect()
}

fn checkpoint(store: &MemoryStore) -> VerifiedCheckpoint {
    policy()
        .verify(&store.get(Area::Log, CHECKPOINT).unwrap())
        .unwrap()
}

#[tokio::test]
async fn reports_replaced_leaf() {
    let store = log_of(300);
    let tile = "tile/entries/000";
    let bytes = store.get(Area::Log, tile).unwrap();
    let mut leaves = entries::parse(&tile.parse().unwrap(), &bytes).unwrap();
    leaves[7] = leaves[8];
    let mut changed = Vec::new();
    leaves
        .iter()
        .for_each(|leaf| entries::append(&mut changed, leaf).unwrap());
    store.set(Area::Log, tile, &changed);
    let audit = audited(&store).await;
    assert_eq!(
        codes(&audit),
        ["root-mismatch", "tile-mismatch", "tile-mismatch"]
    );
}

#[tokio::test]
async fn reports_tile_that_lies() {
    let store = log_of(300);
    let mut bytes = store.get(Area::Log, "tile/0/000").unwrap();
    bytes[40] ^= 1;
    store.set(Area::Log, "tile/0/000", &bytes);
    let audit = audited(&store).await;
    assert_eq!(audit.faults, [Fault::Tile("tile/0/000".parse().unwrap())]);
    let (_folder, log) = reader(&store);
    let known = checkpoint(&store);
    let (index, leaf) = find(&log, 300, &path(0)).await.unwrap();
    let error = prove(&log, &policy(), &known, index, &leaf)
        .await
        .unwrap_err();
    assert!(
        matches!(error, ProveError::Unproven { index: 0, .. }),
        "{error}"
    );
}

#[tokio::test]
async fn reports_fork_and_rollback_against_remembered_checkpoints() {
    let (store, other) = (log_of(20), MemoryStore::new());
    create(&other, &key()).unwrap();
    run(&other, &archives(5..25), NOW).unwrap();
    let larger = log_of(30);
    let (_folder, log) = reader(&store);
    let known = [checkpoint(&store), checkpoint(&other), checkpoint(&larger)];
    let audit = audit(&log, &policy(), &known, NOW + 1).await.unwrap();
    assert_eq!(codes(&audit), ["log-fork", "log-rolled-back"]);
}

#[tokio::test]
async fn reports_leaf_later_than_a_cosignature() {
    let store = log_of(3);
    let witness =
        SigningKey::from_seed("witness.example", Algorithm::CosignatureV1, [3; 32]).unwrap();
    let (log, w) = (key().verifier().to_string(), witness.verifier().to_string());
    let witnessed: LogPolicy = format!("log {log}\nwitness w {w}\nquorum w\n")
        .parse()
        .unwrap();
    for (time, faults) in [(NOW - 1, &["time-after-cosignature"][..]), (NOW, &[])] {
        let mut note = checkpoint(&store).note().clone();
        note.add(cosign(&note, &witness, time));
        let cosigned = store.ending(End::Never);
        cosigned.set(Area::Log, CHECKPOINT, note.to_string().as_bytes());
        let (_folder, log) = reader(&cosigned);
        let audit = audit(&log, &witnessed, &[], NOW + 1).await.unwrap();
        assert_eq!(codes(&audit), faults, "{time}");
    }
}

#[tokio::test]
async fn rejects_log_by_another_key() {
    let store = MemoryStore::new();
    let other = SigningKey::from_seed(ORIGIN, Algorithm::Ed25519, [9; 32]).unwrap();
    create(&store, &other).unwrap();
    let (_folder, log) = reader(&store);
    let error = log.checkpoint(&policy()).await.unwrap_err();
    assert!(matches!(error, ReadError::Checkpoint(_)), "{error}");
}

#[tokio::test]
async fn compares_log_with_a_cpan() {
    let root = tempfile::tempdir().unwrap();
    let store = log_of(3);
    for (at, content) in [
        (1_u64, 1_u64.to_be_bytes()),
        (2, 7_u64.to_be_bytes()),
        (9, 9_u64.to_be_bytes()),
    ] {
        let path = root.path().join(path(at).as_str());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let mut found = Vec::new();
    let cpan = Cpan::in_folder(root.path());
    let read = audited(&store)
        .await
        .compare(&cpan, |difference| found.push(difference))
        .await
        .unwrap();
    let found: Vec<_> = found
        .iter()
        .map(|one: &Difference| (one.code(), one.path().clone()))
        .collect();
    assert_eq!((read.read, read.unread), (3, Vec::new()));
    assert_eq!(
        found,
        [
            ("log-mismatch", path(2)),
            ("unlogged", path(9)),
            ("absent", path(0))
        ]
    );
}

#[tokio::test]
async fn proves_every_logged_file_and_no_other() {
    let store = log_of(300);
    let (_folder, log) = reader(&store);
    let known = checkpoint(&store);
    for at in [0, 255, 256, 299] {
        let (index, leaf) = find(&log, 300, &path(at)).await.unwrap();
        let proof = prove(&log, &policy(), &known, index, &leaf).await.unwrap();
        assert_eq!(proof.verify(&policy()).unwrap().leaf().path(), &path(at));
    }
    let other: LeafPath = "authors/id/A/AB/ABC/Foo-30.tar.gz.sigstore.json"
        .parse()
        .unwrap();
    let error = find(&log, 300, &other).await.unwrap_err();
    assert!(matches!(error, ProveError::Unlogged(_)), "{error}");
}

#[tokio::test]
async fn reads_partial_tile_from_the_full_one() {
    let store = log_of(300);
    let known = checkpoint(&store);
    run(&store, &archives(0..600), NOW).unwrap();
    store.remove(Area::Log, "tile/0/001.p/");
    store.remove(Area::Log, "tile/entries/001.p/");
    let (_folder, log) = reader(&store);
    let (index, leaf) = find(&log, 300, &path(280)).await.unwrap();
    assert!(prove(&log, &policy(), &known, index, &leaf).await.is_ok());
    let proof = log.consistency(300, 600).await.unwrap();
    assert!(cpan_sigstore_tlog::tree::continues(
        known.tree(),
        checkpoint(&store).tree(),
        &proof
    ));
    assert_ne!(proof, [NodeHash::of_empty_tree()]);
}

#[tokio::test]
async fn reports_archive_that_the_log_calls_a_bundle() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join(path(1).as_str());
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, 2_u64.to_be_bytes()).unwrap();
    // A bundle may change, an archive may not. Here a log calls an archive a bundle.
    let store = log_of(3);
    let tile = "tile/entries/000.p/3";
    let bytes = store.get(Area::Log, tile).unwrap();
    let mut changed = Vec::new();
    for leaf in entries::parse(&tile.parse().unwrap(), &bytes).unwrap() {
        let text = std::str::from_utf8(leaf).unwrap();
        let text = match text.contains(path(1).as_str()) {
            true => text.replace(" archive ", " bundle "),
            false => text.to_owned(),
        };
        entries::append(&mut changed, text.as_bytes()).unwrap();
    }
    store.set(Area::Log, tile, &changed);
    let mut found = Vec::new();
    let cpan = Cpan::in_folder(root.path());
    let audit = audited(&store).await;
    assert!(
        matches!(
            audit.faults[0],
            Fault::Rule(Violation::Form {
                index: 1,
                source: LeafError::Kind { .. }
            })
        ),
        "{:?}",
        audit.faults
    );
    let compared = audit.compare(&cpan, |difference| found.push(difference));
    compared.await.unwrap();
    assert!(
        matches!(&found[..], [Difference::Unlogged { path: of, .. }, ..] if *of == path(1)),
        "{found:?}"
    );
}

#[cfg(unix)]
#[tokio::test]
async fn reports_listed_archive_that_nobody_gets() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join(path(1).as_str());
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink("nothing", file).unwrap();
    let audit = audited(&log_of(2)).await;
    let mut found = Vec::new();
    let cpan = Cpan::in_folder(root.path());
    let compared = audit.compare(&cpan, |difference| found.push(difference));
    assert_eq!(compared.await.unwrap().read, 0);
    let absent = [0, 1].map(|at| Difference::Absent { path: path(at) });
    assert_eq!(found, absent);
}

#[cfg(unix)]
#[tokio::test]
async fn compares_all_other_files_if_one_cannot_be_read() {
    let root = tempfile::tempdir().unwrap();
    let file = |at| root.path().join(path(at).as_str());
    fs::create_dir_all(file(0).parent().unwrap()).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", file(0)).unwrap();
    fs::write(file(1), "other").unwrap();
    let audit = audited(&log_of(3)).await;
    let mut found = Vec::new();
    let cpan = Cpan::in_folder(root.path());
    let compared = audit.compare(&cpan, |difference| found.push(difference.code()));
    let compared = compared.await.unwrap();
    let unread: Vec<_> = compared.unread.iter().map(|unread| &*unread.path).collect();
    assert_eq!((compared.read, unread), (1, vec![path(0).as_str()]));
    assert_eq!(found, ["log-mismatch", "absent"]);
}

#[tokio::test]
async fn bounds_the_faults_of_a_hostile_log() {
    let store = log_of(1100);
    for (tile, width) in [(0, 256), (1, 256), (2, 256), (3, 256), (4, 76)] {
        let mut junk = Vec::new();
        (0..width).for_each(|_| entries::append(&mut junk, b"junk").unwrap());
        let part = if width < 256 { ".p/76" } else { "" };
        store.set(Area::Log, &format!("tile/entries/00{tile}{part}"), &junk);
    }
    let faults = audited(&store).await.faults;
    let codes: Vec<_> = faults.iter().map(Fault::code).collect();
    assert_eq!(codes[..1000], ["leaf-malformed"; 1000]);
    assert_eq!(codes[1000..], ["more-faults", "root-mismatch"]);
}
