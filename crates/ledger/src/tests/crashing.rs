//! A writer that ends at any moment, a full disk, and two writers.

use cpan_sigstore_tlog::{
    fork::{Relation, compare},
    tile::TileNodes,
    tree::prove_consistency,
};

use super::support::{End, MemoryStore, NOW, archives, audited, key, policy, run};
use crate::{
    create,
    store::{Area, DiskStore, Store, StoredTiles},
    writer::{CHECKPOINT, LedgerError, LogWriter},
};

/// A log of so many archives.
fn log_of(count: u64) -> MemoryStore {
    let store = MemoryStore::new();
    create(&store, &key()).unwrap();
    run(&store, &archives(0..count), NOW).unwrap();
    store
}

/// Sizes before and after an append, around the edges of tiles.
const APPENDS: [(u64, u64); 10] = [
    (0, 1),
    (0, 5),
    (1, 2),
    (2, 9),
    (7, 8),
    (30, 31),
    (250, 262),
    (254, 257),
    (255, 256),
    (256, 257),
];

/// Checks that every file of a log is in it once, and that the log continues what was published before. Returns the
/// number of archives.
async fn assert_whole(store: &MemoryStore, before: &[u8], count: u64, context: &str) -> u64 {
    let audit = audited(store).await;
    assert_eq!(audit.faults, [], "{context}");
    assert_eq!(
        audit.counts.archives,
        audit.checkpoint.tree().size,
        "{context}"
    );
    assert!(audit.checkpoint.tree().size <= count, "{context}");
    let known = policy().verify(before).unwrap();
    let (old, new) = (known.tree().size, audit.checkpoint.tree().size);
    let proof = prove_consistency(&mut TileNodes::new(StoredTiles(store), new), old, new).unwrap();
    let relation = compare(&known, &audit.checkpoint, &proof).unwrap();
    assert!(
        matches!(relation, Relation::Newer | Relation::Same),
        "{context}"
    );
    audit.counts.archives
}

#[tokio::test]
async fn survives_its_end_at_every_write() {
    let mut moments = 0;
    for (from, to) in APPENDS {
        let base = log_of(from);
        let before = base.get(Area::Log, CHECKPOINT).unwrap();
        let whole = base.ending(End::Never);
        run(&whole, &archives(0..to), NOW + 5).unwrap();
        for at in 0..whole.writes() {
            for end in [End::Before(at), End::After(at), End::Full(at)] {
                let context = format!("{from} to {to}, {end:?}");
                let ended = base.ending(end);
                assert!(run(&ended, &archives(0..to), NOW + 5).is_err(), "{context}");
                // Readers see a valid log at once; before the commit it is the old one.
                if ended.public() != base.public() {
                    assert_whole(&ended, &before, to, &context).await;
                }
                // The next writer has other files and another time, and loses nothing.
                let next = ended.ending(End::Never);
                run(&next, &archives(0..to + 3), NOW + 60).unwrap();
                assert_eq!(
                    assert_whole(&next, &before, to + 3, &context).await,
                    to + 3,
                    "{context}"
                );
                moments += 1;
            }
        }
    }
    assert!(moments >= 200, "{moments}");
}

#[tokio::test]
async fn publishes_what_an_ended_writer_committed() {
    let base = log_of(10);
    let whole = base.ending(End::Never);
    run(&whole, &archives(0..20), NOW + 5).unwrap();
    let ended = base.ending(End::Before(whole.writes() - 1));
    run(&ended, &archives(0..20), NOW + 5).unwrap_err();
    assert_eq!(audited(&ended).await.checkpoint.tree().size, 10);
    // No new files: the committed tree is published as it is.
    let next = ended.ending(End::Never);
    run(&next, &[], NOW + 60).unwrap();
    assert_eq!(
        next.get(Area::Log, CHECKPOINT),
        whole.get(Area::Log, CHECKPOINT)
    );
}

#[tokio::test]
async fn lets_one_of_two_writers_append() {
    let (store, key) = (log_of(300), key());
    let mut first = LogWriter::open(&store, &key).unwrap();
    let mut second = LogWriter::open(&store, &key).unwrap();
    first.append(&archives(300..310), NOW).unwrap();
    let error = second.append(&archives(310..330), NOW).unwrap_err();
    assert!(matches!(error, LedgerError::Overtaken), "{error}");
    first
        .publish(&first.checkpoint().clone(), &policy())
        .unwrap();
    let audit = audited(&store).await;
    assert_eq!((audit.faults.len(), audit.counts.archives), (0, 310));
}

#[test]
fn locks_the_log_on_a_disk() {
    let folder = tempfile::tempdir().unwrap();
    let store = DiskStore::new(folder.path().join("log"), folder.path().join("state"));
    let held = store.lock().unwrap();
    assert!(store.lock().is_err());
    drop(held);
    create(&store, &key()).unwrap();
    let key = key();
    let mut writer = LogWriter::open(&store, &key).unwrap();
    writer.append(&archives(0..300), NOW).unwrap();
    assert!(matches!(create(&store, &key), Err(LedgerError::Exists)));
    assert_eq!(LogWriter::open(&store, &key).unwrap().tree().size, 300);
    let staged = std::fs::read_dir(folder.path().join("state/staged")).unwrap();
    assert_eq!(staged.count(), 0);
}

#[tokio::test]
async fn refuses_state_of_an_older_backup() {
    let store = log_of(10);
    let backup = store.get(Area::State, CHECKPOINT).unwrap();
    run(&store, &archives(0..20), NOW).unwrap();
    store.set(Area::State, CHECKPOINT, &backup);
    let error = run(&store, &archives(0..30), NOW).unwrap_err();
    assert!(
        matches!(
            error,
            LedgerError::OldState {
                state: 10,
                published: 20
            }
        ),
        "{error}"
    );
    store.remove(Area::State, "");
    let error = run(&store, &archives(0..30), NOW).unwrap_err();
    assert!(matches!(error, LedgerError::NoState), "{error}");
    assert!(matches!(create(&store, &key()), Err(LedgerError::Exists)));
    assert_eq!(audited(&store).await.counts.archives, 20);
}

#[test]
fn refuses_damaged_files() {
    for path in ["tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/001.p/44"] {
        let store = log_of(300);
        let mut bytes = store.get(Area::Log, path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        store.set(Area::Log, path, &bytes);
        let error = run(&store, &archives(0..301), NOW).unwrap_err();
        assert!(
            matches!(error, LedgerError::Damaged { .. }),
            "{path}: {error}"
        );
        store.remove(Area::Log, path);
        let error = run(&store, &archives(0..301), NOW).unwrap_err();
        assert!(
            matches!(error, LedgerError::Damaged { .. }),
            "{path}: {error}"
        );
    }
}

#[test]
fn finds_paths_again_without_their_files() {
    for missing in ["known/000000", "known/000001", "known/"] {
        let store = log_of(5000);
        store.remove(Area::State, missing);
        let key = key();
        let writer = LogWriter::open(&store, &key).unwrap();
        for at in [0, 255, 256, 4095, 4096, 4999] {
            let (index, leaf) = writer.find(&super::support::path(at)).unwrap().unwrap();
            assert_eq!(
                (index, leaf.path()),
                (at, &super::support::path(at)),
                "{missing}"
            );
        }
        assert!(!writer.has(&super::support::path(5000)));
    }
}

#[test]
fn never_writes_a_time_before_the_newest_leaf() {
    let store = log_of(3);
    run(&store, &archives(0..4), NOW - 100).unwrap();
    let key = key();
    assert_eq!(LogWriter::open(&store, &key).unwrap().newest(), NOW);
    let error = run(&store, &archives(0..5), NOW - 1000).unwrap_err();
    assert!(
        matches!(error, LedgerError::ClockBehind { behind: 1000 }),
        "{error}"
    );
}

#[test]
fn appends_with_few_writes() {
    let store = log_of(4000).ending(End::Never);
    run(&store, &archives(0..4010), NOW).unwrap();
    // Tiles of three kinds, staged once; the checkpoint, committed and published; the paths.
    assert_eq!(store.writes(), 6);
    assert!(store.read(Area::State, "staged/", 0).unwrap().is_none());
}
