//! Audits that continue an earlier one.

use std::{fs, path::Path};

use cpan_sigstore_tlog::{
    checkpoint::VerifiedCheckpoint,
    key::{Algorithm, SigningKey},
    policy::LogPolicy,
    replay::Violation,
};

use super::support::{MemoryStore, NOW, ORIGIN, archives, key, policy, run};
use crate::{
    audit::{Audit, AuditError, AuditFolder, Auditor, Fault},
    create,
    reader::LogReader,
    store::Area,
    writer::CHECKPOINT,
};

fn log_of(count: u64) -> MemoryStore {
    let store = MemoryStore::new();
    create(&store, &key()).unwrap();
    run(&store, &archives(0..count), NOW).unwrap();
    store
}

/// Audits a log with a folder for the state.
async fn audit(store: &MemoryStore, state: &Path) -> Result<Audit, AuditError> {
    audit_by(store, state, &policy()).await
}

async fn audit_by(
    store: &MemoryStore,
    state: &Path,
    policy: &LogPolicy,
) -> Result<Audit, AuditError> {
    let folder = tempfile::tempdir().unwrap();
    store.dump(folder.path());
    let log = LogReader::at(&folder.path().display().to_string()).unwrap();
    let auditor = Auditor {
        log: &log,
        policy,
        known: &[],
        folder: Some(&AuditFolder::at(state)),
        select: &|leaf| leaf.path().as_str().contains("Foo-25"),
        now: NOW + 1000,
    };
    auditor.run().await
}

fn remembered(state: &Path) -> VerifiedCheckpoint {
    let bytes = fs::read(state.join(CHECKPOINT)).unwrap();
    policy().verify(&bytes).unwrap()
}

#[tokio::test]
async fn fetches_only_new_leaves_and_tiles() {
    let (state, store) = (tempfile::tempdir().unwrap(), log_of(600));
    let first = audit(&store, state.path()).await.unwrap();
    assert_eq!((first.faults, first.audited), (Vec::new(), 0));
    run(&store, &archives(0..700), NOW + 5).unwrap();
    // Files that the first audit read are not needed any more.
    for path in [
        "tile/entries/000",
        "tile/entries/001",
        "tile/0/000",
        "tile/0/001",
    ] {
        store.remove(Area::Log, path);
    }
    let second = audit(&store, state.path()).await.unwrap();
    assert_eq!((second.faults, second.audited), (Vec::new(), 600));
    assert_eq!(second.counts.archives, 700);
    assert_eq!(remembered(state.path()), second.checkpoint);
    let selected: Vec<_> = second.selected.iter().map(|(index, _)| *index).collect();
    assert_eq!(
        selected,
        [25, 250, 251, 252, 253, 254, 255, 256, 257, 258, 259]
    );
}

#[tokio::test]
async fn fetches_kept_leaves_again_if_they_are_damaged() {
    let (state, store) = (tempfile::tempdir().unwrap(), log_of(600));
    audit(&store, state.path()).await.unwrap();
    let kept = state.path().join("tile/entries/001");
    let sound = fs::read(&kept).unwrap();
    let mut changed = sound.clone();
    let digit = changed.iter().rposition(|byte| *byte == b'9').unwrap();
    changed[digit] = b'8';
    for damaged in [&changed[..], &sound[1..], b""] {
        fs::write(&kept, damaged).unwrap();
        let audit = audit(&store, state.path()).await.unwrap();
        assert_eq!((audit.faults, audit.audited), (Vec::new(), 0));
        assert_eq!(fs::read(&kept).unwrap(), sound);
    }
    fs::remove_file(&kept).unwrap();
    let audit = audit(&store, state.path()).await.unwrap();
    assert_eq!((audit.faults, audit.audited), (Vec::new(), 600));
}

#[tokio::test]
async fn reports_fork_and_rollback_against_its_own_state() {
    let (state, store) = (tempfile::tempdir().unwrap(), log_of(600));
    audit(&store, state.path()).await.unwrap();
    let before = remembered(state.path());
    let forked = MemoryStore::new();
    create(&forked, &key()).unwrap();
    run(&forked, &archives(5..800), NOW).unwrap();
    let rolled_back = log_of(300);
    for (other, code) in [(&forked, "log-fork"), (&rolled_back, "log-rolled-back")] {
        // The operator does not wear the auditor down: each audit reports it.
        for _ in 0..2 {
            let audit = audit(other, state.path()).await.unwrap();
            let codes: Vec<_> = audit.faults.iter().map(Fault::code).collect();
            assert_eq!(codes, [code]);
            assert_eq!(remembered(state.path()), before);
        }
    }
    assert_eq!(audit(&store, state.path()).await.unwrap().faults, []);
}

#[tokio::test]
async fn reports_archive_that_a_later_leaf_changes() {
    let (state, store) = (tempfile::tempdir().unwrap(), log_of(600));
    audit(&store, state.path()).await.unwrap();
    let mut changed = archives(700..701).remove(0);
    changed.path = super::support::path(3);
    let key = key();
    let mut writer = crate::LogWriter::open(&store, &key).unwrap();
    writer.append(&[changed], NOW).unwrap();
    writer
        .publish(&writer.checkpoint().clone(), &policy())
        .unwrap();
    for _ in 0..2 {
        let audit = audit(&store, state.path()).await.unwrap();
        assert!(
            matches!(
                audit.faults[..],
                [Fault::Rule(Violation::Changed { index: 600, .. })]
            ),
            "{:?}",
            audit.faults
        );
        assert_eq!(remembered(state.path()).tree().size, 600);
    }
}

#[tokio::test]
async fn rejects_state_of_another_log() {
    let (state, store) = (tempfile::tempdir().unwrap(), log_of(3));
    audit(&store, state.path()).await.unwrap();
    let other = SigningKey::from_seed("other.example/log", Algorithm::Ed25519, [2; 32]).unwrap();
    let second = MemoryStore::new();
    create(&second, &other).unwrap();
    let lines = [key().verifier().to_string(), other.verifier().to_string()];
    let both = format!("log {}\nlog {}\nquorum none\n", lines[0], lines[1]);
    let error = audit_by(&second, state.path(), &both.parse().unwrap()).await;
    assert!(
        matches!(error, Err(AuditError::OtherLog { ref known, .. }) if known == ORIGIN),
        "{error:?}"
    );
    // The key of the remembered log is not trusted any more.
    let error = audit_by(
        &second,
        state.path(),
        &LogPolicy::of_log(other.verifier().clone()),
    )
    .await;
    assert!(matches!(error, Err(AuditError::Folder(_))), "{error:?}");
}

#[tokio::test]
async fn lets_one_audit_use_its_state() {
    let (state, store) = (tempfile::tempdir().unwrap(), log_of(3));
    let _lock = cpan_sigstore_files::lock(&state.path().join("lock"), std::time::Duration::ZERO);
    let error = audit(&store, state.path()).await;
    assert!(matches!(error, Err(AuditError::Folder(_))), "{error:?}");
}
