//! The author indexes of operators: whole imports, no rollback, and exports to other stores.

use cpan_sigstore_core::{
    identity::{AuthorIdentity, IdentityPolicy, Matcher, SourceClaims, WorkflowClaims},
    release::PauseId,
};
use cpan_sigstore_records::{
    author_index::{AuthorIndex, Draft, Entry, Override},
    chain::{ChainContext, RecordChain, SignedRecord},
    record::{AuthorRecord, Releases},
};
use jiff::SignedDuration;

use super::*;

const OPERATOR: &str = "https://operator.example/index.json";
const NOW: &str = "2026-11-24T00:00:00Z";
const LATER: &str = "2026-11-25T00:00:00Z";

fn author() -> PauseId {
    "TIMLEGGE".parse().unwrap()
}

fn record(name: &str) -> AuthorRecord {
    let identity = AuthorIdentity {
        identity: IdentityPolicy {
            subject: Matcher::Exact(name.to_owned()),
            issuer: Matcher::Exact("https://issuer.example".to_owned()),
            source: SourceClaims::default(),
            workflow: WorkflowClaims::default(),
        },
        from: None,
        until: None,
    };
    AuthorRecord::first(author(), vec![identity], Releases::Mixed).unwrap()
}

fn entry(name: &str) -> Entry {
    Entry {
        record: record(name),
        bundle: format!("{{\"by\":\"{name}\"}}"),
    }
}

fn next(previous: Option<&AuthorIndex>, put: &[(&str, &str)]) -> AuthorIndex {
    let mut draft = Draft::after(previous);
    for (author, name) in put {
        assert_eq!(*author, "TIMLEGGE");
        draft.put(author.parse().unwrap(), &[entry(name)]);
    }
    draft.finish(time(NOW)).unwrap()
}

fn announcing(previous: &AuthorIndex) -> AuthorIndex {
    let mut draft = Draft::after(Some(previous));
    let delay = SignedDuration::from_hours(8 * 24);
    let announced = Override::announce(&record("new@x"), "lost", delay, time(NOW)).unwrap();
    draft.announce(announced);
    draft.finish(time(NOW)).unwrap()
}

pub async fn what_operators_vouch_for(memory: &TrustStore) {
    memory.forget(&Forget::All).await.unwrap();
    let take = async |index: &AuthorIndex, now: &str| {
        memory
            .take_in_index(OPERATOR, index, time(now), time(now))
            .await
    };
    let vouched = async || memory.attested(OPERATOR, &author()).await.unwrap();
    let one = next(None, &[("TIMLEGGE", "tim@x")]);
    assert_eq!(memory.index_state(OPERATOR).await.unwrap(), None);
    assert_eq!(take(&one, NOW).await.unwrap(), 1);
    let state = memory.index_state(OPERATOR).await.unwrap().unwrap();
    assert_eq!((state.number, state.digest), (1, one.digest()));
    assert_eq!((state.signed, state.asked), (time(NOW), time(NOW)));
    let records = vouched().await.records;
    assert_eq!(records[0].json, record("tim@x").json());
    assert_eq!(
        records[0].bundle.as_deref(),
        Some(&b"{\"by\":\"tim@x\"}"[..])
    );

    // A newer signature makes it newer; an old one does not make it older.
    assert_eq!(take(&one, LATER).await.unwrap(), 0);
    assert_eq!(take(&one, NOW).await.unwrap(), 0);
    let state = memory.index_state(OPERATOR).await.unwrap().unwrap();
    assert_eq!(state.signed, time(LATER));

    // The first sight of an override is kept when the records change.
    let two = announcing(&one);
    assert_eq!(take(&two, NOW).await.unwrap(), 0);
    let three = next(Some(&two), &[("TIMLEGGE", "other@x")]);
    assert_eq!(take(&three, LATER).await.unwrap(), 1);
    let told = vouched().await;
    assert_eq!(told.records[0].json, record("other@x").json());
    assert_eq!(told.overrides.len(), 1);
    assert_eq!(told.overrides[0].first_seen, Some(time(NOW)));
    assert_eq!(told.overrides[0].effective, time("2026-12-02T00:00:00Z"));

    refused(memory, &three).await;
    carried_elsewhere(memory, &three).await;
}

/// The store rejects rollbacks and forks.
async fn refused(memory: &TrustStore, newest: &AuthorIndex) {
    let one = next(None, &[("TIMLEGGE", "tim@x")]);
    let two = announcing(&one);
    let other = next(Some(&next(Some(&one), &[])), &[]);
    let after_other = next(Some(&other), &[]);
    for (index, is_rollback) in [
        (&one, true),
        (&two, true),
        (&other, false),
        (&after_other, false),
    ] {
        let told = memory
            .take_in_index(OPERATOR, index, time(LATER), time(LATER))
            .await;
        match told {
            Err(TrustStoreError::IndexRolledBack { kept: 3, .. }) => assert!(is_rollback),
            Err(TrustStoreError::IndexForked { number: 3, .. }) => assert!(!is_rollback),
            other => panic!("{other:?}"),
        }
    }
    // One invalid record prevents the import of its whole index.
    let text = next(Some(newest), &[("TIMLEGGE", "new@x")])
        .text()
        .to_owned();
    let text = text.replace("\"version\":1}", "\"version\":7}");
    let broken = AuthorIndex::parse(text.into_bytes()).unwrap();
    let told = memory
        .take_in_index(OPERATOR, &broken, time(LATER), time(LATER))
        .await;
    assert!(matches!(told, Err(TrustStoreError::Index(_))), "{told:?}");
    let state = memory.index_state(OPERATOR).await.unwrap().unwrap();
    assert_eq!(state.digest, newest.digest());
    let records = memory.attested(OPERATOR, &author()).await.unwrap().records;
    assert_eq!(records[0].json, record("other@x").json());
}

/// An export has the number against a rollback, the first sights of overrides, and the valid records.
async fn carried_elsewhere(memory: &TrustStore, newest: &AuthorIndex) {
    let signer = identity("tim@x").signer();
    let signed = SignedRecord::proved(record("tim@x"), signer, vec![time(NOW)]);
    let mut history = RecordChain::new(author());
    assert!(
        history.append(signed, ChainContext::at(time(NOW)))[0]
            .outcome
            .is_in_chain()
    );
    memory
        .remember_chain(&history, false, time(NOW))
        .await
        .unwrap();

    let contents = memory.contents().await.unwrap();
    let counts = (
        contents.author_records.len(),
        contents.operator_indexes.len(),
        contents.overrides.len(),
    );
    assert_eq!(counts, (1, 1, 1));
    let json = serde_json::to_vec(&contents).unwrap();
    let read = Contents::parse(&json).unwrap();
    assert_eq!(read, contents);
    assert_eq!(memory.import(&read, false).await.unwrap(), 0);

    // An import replaces a first sight by an older one, and never by a younger one.
    let mut other = read.clone();
    other.overrides[0].first_seen = time("2026-11-01T00:00:00Z");
    assert_eq!(memory.import(&other, false).await.unwrap(), 1);
    assert_eq!(memory.import(&read, false).await.unwrap(), 0);
    let told = memory.attested(OPERATOR, &author()).await.unwrap();
    assert_eq!(
        told.overrides[0].first_seen,
        Some(time("2026-11-01T00:00:00Z"))
    );

    // Another index of the same number, or another record, is a conflict.
    let mut fork = read.clone();
    fork.operator_indexes[0].digest = Sha256Digest::new([7; 32]);
    let told = memory.import(&fork, false).await;
    assert!(matches!(
        told,
        Err(TrustStoreError::Conflict { scope: "index", .. })
    ));
    let mut fork = read.clone();
    fork.author_records[0].record = record("eve@x");
    let told = memory.import(&fork, false).await;
    assert!(matches!(
        told,
        Err(TrustStoreError::Conflict {
            scope: "author",
            ..
        })
    ));
    assert_eq!(memory.import(&fork, true).await.unwrap(), 1);
    let known = memory.record_chain(&author()).await.unwrap();
    assert_eq!(*known.tip().unwrap().record(), record("eve@x"));
    let json = serde_json::to_string(&fork).unwrap();
    let misnamed = json.replacen("\"version\":1,\"record\"", "\"version\":2,\"record\"", 1);
    assert_ne!(json, misnamed);
    let error = Contents::parse(misnamed.as_bytes()).unwrap_err();
    assert!(matches!(error, TrustStoreError::Import(_)), "{error}");

    // Another store then knows the number, and does not have the records yet.
    memory.forget(&Forget::All).await.unwrap();
    memory.import(&read, false).await.unwrap();
    assert_eq!(memory.index_state(OPERATOR).await.unwrap(), None);
    let kept = memory.index_kept(OPERATOR).await.unwrap().unwrap();
    assert_eq!((kept.state.number, kept.held), (3, false));
    refused_after_import(memory).await;
    let taken = memory
        .take_in_index(OPERATOR, newest, time(LATER), time(LATER))
        .await;
    assert_eq!(taken.unwrap(), 1);
    let told = memory.attested(OPERATOR, &author()).await.unwrap();
    assert_eq!(told.overrides[0].first_seen, Some(time(NOW)));

    memory
        .forget(&Forget::Index(OPERATOR.to_owned()))
        .await
        .unwrap();
    assert_eq!(memory.index_kept(OPERATOR).await.unwrap(), None);
    assert_eq!(
        memory.attested(OPERATOR, &author()).await.unwrap(),
        Attested::default()
    );
}

async fn refused_after_import(memory: &TrustStore) {
    let one = next(None, &[("TIMLEGGE", "tim@x")]);
    let told = memory
        .take_in_index(OPERATOR, &one, time(LATER), time(LATER))
        .await;
    assert!(matches!(told, Err(TrustStoreError::IndexRolledBack { .. })));
}
