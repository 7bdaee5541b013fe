//! Record chains in a trust store, in SQLite and in PostgreSQL.

use cpan_sigstore_core::{
    identity::{AuthorIdentity, IdentityPolicy},
    release::PauseId,
};
use cpan_sigstore_records::{
    chain::{ChainContext, RecordChain, SignedRecord},
    record::{AuthorRecord, Releases},
};

use super::*;

const NOW: &str = "2026-11-24T00:00:00Z";

fn author() -> PauseId {
    "HISTORY".parse().unwrap()
}

fn digests(chain: &RecordChain) -> Vec<Sha256Digest> {
    let records = chain.records().iter();
    records.map(|signed| signed.record().digest()).collect()
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

/// A chain of one record for each list of names, signed by the first name of the one before.
fn chain(versions: &[&[&str]]) -> RecordChain {
    let mut chain = RecordChain::new(author());
    let mut by = versions[0][0];
    for version in versions {
        let identities = names(version);
        let record = match chain.tip() {
            None => AuthorRecord::first(author(), identities, Releases::Mixed),
            Some(tip) => tip.record().next(identities, Releases::Mixed),
        };
        let results = chain.append(signed(record.unwrap(), by), ChainContext::at(time(NOW)));
        assert!(results[0].outcome.is_in_chain(), "{}", results[0]);
        by = version[0];
    }
    chain
}

async fn remember(memory: &TrustStore, chain: &RecordChain, replaced: bool) -> RecordChain {
    let kept = memory.remember_chain(chain, replaced, time(NOW));
    kept.await.unwrap()
}

pub async fn keeps_a_chain_and_only_continues_it(memory: &TrustStore) {
    let none = memory.record_chain(&author()).await.unwrap();
    assert_eq!(none.version(), 0);
    let one = chain(&[&["tim@x"]]);
    let two = chain(&[&["tim@x"], &["ci@x", "tim@x"]]);
    assert_eq!(digests(&remember(memory, &one, false).await), digests(&one));
    assert_eq!(digests(&remember(memory, &two, false).await), digests(&two));
    // A shorter chain, another one and a longer fork change nothing.
    let others = chain(&[&["eve@x"]]);
    let fork = chain(&[&["tim@x"], &["eve@x"], &["eve@x", "x@x"]]);
    for other in [&one, &others, &fork] {
        let kept = remember(memory, other, false).await;
        assert_eq!(digests(&kept), digests(&two));
    }
    let known = memory.stored_records(&author()).await.unwrap();
    assert_eq!(known.len(), 2);
    // An override replaces records, from its version on.
    let kept = remember(memory, &fork, true).await;
    assert_eq!(digests(&kept), digests(&fork));
    let stored = memory.record_chain(&author()).await.unwrap();
    assert_eq!(digests(&stored), digests(&fork));
    let forgotten = memory.forget(&Forget::Author(author())).await.unwrap();
    assert_eq!(forgotten, 3);
}

pub async fn keeps_one_of_two_concurrent_chains(place: &str) {
    let mut tasks = Vec::new();
    for number in 0..8 {
        let place = place.to_owned();
        tasks.push(tokio::spawn(async move {
            let memory = TrustStore::open(&place).await.unwrap();
            let name = format!("{}@x", number % 2);
            let theirs = chain(&[&[&name], &[&name, "both@x"], &[&name]]);
            remember(&memory, &theirs, false).await
        }));
    }
    let mut kept = Vec::new();
    for task in tasks {
        kept.push(task.await.unwrap());
    }
    assert_eq!(kept[0].version(), 3);
    assert!(kept.iter().all(|chain| digests(chain) == digests(&kept[0])));
}
