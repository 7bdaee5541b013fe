//! The records of authors in a memory, whatever keeps it.

use cpan_sigstore_core::{
    identity::{AuthorIdentity, IdentityPolicy},
    release::PauseId,
};
use cpan_sigstore_records::{
    chain::{History, SignedRecord, Terms},
    record::{AuthorRecord, Releases},
};

use super::*;

const NOW: &str = "2026-11-24T00:00:00Z";

fn author() -> PauseId {
    "HISTORY".parse().unwrap()
}

fn names(names: &[&str]) -> Vec<AuthorIdentity> {
    let of = |name: &&str| AuthorIdentity {
        identity: IdentityPolicy::exact(*name, "https://issuer.example"),
        from: None,
        until: None,
    };
    names.iter().map(of).collect()
}

fn signed(record: AuthorRecord, by: &str) -> SignedRecord {
    SignedRecord::proved(
        record,
        identity(by).signer(),
        vec![time("2026-11-01T00:00:00Z")],
    )
}

/// A history of one record for each list of names, signed by the first name of the one before.
fn history(versions: &[&[&str]]) -> History {
    let mut history = History::new(author());
    let mut by = versions[0][0];
    for version in versions {
        let identities = names(version);
        let record = match history.tip() {
            None => AuthorRecord::first(author(), identities, Releases::Mixed),
            Some(tip) => tip.record().next(identities, Releases::Mixed),
        };
        let learned = history.learn(signed(record.unwrap(), by), Terms::at(time(NOW)));
        assert!(learned[0].outcome.counts(), "{}", learned[0]);
        by = version[0];
    }
    history
}

async fn remember(memory: &TrustStore, history: &History, replaced: bool) -> History {
    let kept = memory.remember_history(history, replaced, time(NOW));
    kept.await.unwrap()
}

/// What holds of every memory.
pub async fn a_history_is_kept_and_only_continued(memory: &TrustStore) {
    let none = memory.history(&author()).await.unwrap();
    assert_eq!(none.version(), 0);
    let one = history(&[&["tim@x"]]);
    let two = history(&[&["tim@x"], &["ci@x", "tim@x"]]);
    assert_eq!(remember(memory, &one, false).await.chain(), one.chain());
    assert_eq!(remember(memory, &two, false).await.chain(), two.chain());
    // A shorter one takes nothing away, another one changes nothing, nor does a fork that is longer.
    let others = history(&[&["eve@x"]]);
    let fork = history(&[&["tim@x"], &["eve@x"], &["eve@x", "x@x"]]);
    for other in [&one, &others, &fork] {
        let kept = remember(memory, other, false).await;
        assert_eq!(kept.chain(), two.chain());
    }
    let known = memory.known_records(&author()).await.unwrap();
    assert_eq!(known.len(), 2);
    // An override does, from where it begins on.
    let kept = remember(memory, &fork, true).await;
    assert_eq!(kept.chain(), fork.chain());
    assert_eq!(
        memory.history(&author()).await.unwrap().chain(),
        fork.chain()
    );
    let forgotten = memory.forget(&Forget::Author(author())).await.unwrap();
    assert_eq!(forgotten, 3);
}

/// Of many that see different histories at once, all go on with one, and whole.
pub async fn of_two_histories_at_once_one_is_kept(place: &str) {
    let mut tasks = Vec::new();
    for number in 0..8 {
        let place = place.to_owned();
        tasks.push(tokio::spawn(async move {
            let memory = TrustStore::open(&place).await.unwrap();
            let name = format!("{}@x", number % 2);
            let theirs = history(&[&[&name], &[&name, "both@x"], &[&name]]);
            remember(&memory, &theirs, false).await
        }));
    }
    let mut kept = Vec::new();
    for task in tasks {
        kept.push(task.await.unwrap());
    }
    assert_eq!(kept[0].version(), 3);
    assert!(
        kept.iter()
            .all(|history| history.chain() == kept[0].chain())
    );
}
