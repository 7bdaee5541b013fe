//! A user who has the records of a thief, and the author's recovery record.

use cpan_sigstore_core::identity::{CiClaims, SignerIdentity, StableIdentity, Subject};
use cpan_sigstore_cpan::{Cpan, CpanError};
use cpan_sigstore_gate::GateError;
use cpan_sigstore_records::{
    chain::{RecordChain, SignedRecord},
    record::RecoveryKeyPair,
};
use jiff::SignedDuration;

use super::*;

const ISSUER: &str = "https://issuer.example";

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Gate(#[from] GateError),
    #[error(transparent)]
    Cpan(#[from] CpanError),
}

fn key(seed: u8) -> RecoveryKeyPair {
    RecoveryKeyPair::of_seed([seed; 32]).unwrap()
}

fn named(subject: &str, issuer: &str) -> AuthorIdentity {
    AuthorIdentity {
        identity: IdentityPolicy::exact(subject, issuer),
        from: None,
        until: None,
    }
}

fn account(name: &'static str) -> AuthorIdentity {
    let (subject, issuer) = identity(name);
    named(&subject, &issuer)
}

/// A record that an identity signed some days ago.
fn signed(record: AuthorRecord, by: &str, issuer: &str, days: i64) -> SignedRecord {
    let signer = SignerIdentity {
        subject: Subject::Email(by.to_owned()),
        issuer: issuer.to_owned(),
        claims: CiClaims::default(),
    };
    let at = Timestamp::now() - SignedDuration::from_hours(24 * days);
    let at = Timestamp::from_second(at.as_second()).unwrap();
    SignedRecord::proved(record, StableIdentity::from(&signer).signer(), vec![at])
}

/// The author's first record with a recovery key, and two records by a thief of the identity, who exchanges the key.
fn stolen_chain() -> RecordChain {
    let author = "TIM".parse().unwrap();
    let first = AuthorRecord::first(author, vec![named("tim@old", ISSUER)], Releases::Mixed);
    let first = first.unwrap().with_recovery_key(Some(key(1).public()));
    let first = first.unwrap();
    let stolen = first.next(vec![account(EVIL)], Releases::Mixed).unwrap();
    let stolen = stolen.with_recovery_key(Some(key(2).public())).unwrap();
    let more = stolen.next(vec![account(EVIL)], Releases::Mixed).unwrap();
    let (evil, issuer) = identity(EVIL);
    let records = vec![
        signed(first, "tim@old", ISSUER, 60),
        signed(stolen, "tim@old", ISSUER, 3),
        signed(more, &evil, &issuer, 2),
    ];
    RecordChain::restored("TIM".parse().unwrap(), records).unwrap()
}

/// The author's record in the place of the thief's first one, by the recovery key.
fn recovery(chain: &RecordChain, seed: u8) -> RecordFile {
    let first = chain.get(1).unwrap().record();
    let record = first.next(vec![account(TIM)], Releases::Mixed).unwrap();
    let record = record.recovered_with(&key(seed)).unwrap();
    RecordFile {
        version: 2,
        bundle: Some(sign(TIM, record.json())),
        json: record.json().to_vec(),
    }
}

async fn remember(user: &User, chain: &RecordChain) -> Gate {
    let place = user.folder.path().join("trust-store.sqlite");
    let store = TrustStore::open(place.to_str().unwrap()).await.unwrap();
    let kept = store.remember_chain(chain, false, Timestamp::now()).await;
    assert_eq!(kept.unwrap().version(), chain.version());
    Gate::new(verifier(), Policy::default(), store)
}

#[tokio::test]
async fn goes_to_recovery_chain_and_reports_both_sides() {
    let mut user = User::new();
    let chain = stolen_chain();
    let gate = remember(&user, &chain).await;
    let path = "T/TI/TIM/Good-Mod-1.0.tar.gz";
    User::check(
        &user.admit("", path, Some(EVIL)).await,
        Finding::Trusted,
        true,
    );
    // A record by another key changes nothing.
    user.records = vec![recovery(&chain, 3)];
    let verdict = user.admit("", path, Some(EVIL)).await;
    User::check(&verdict, Finding::Trusted, true);
    user.records = vec![recovery(&chain, 1)];
    let verdict = user.admit("", path, Some(TIM)).await;
    User::check(&verdict, Finding::Trusted, true);
    let reasons: Vec<_> = verdict.reasons.iter().map(ToString::to_string).collect();
    let found = AuthorRecord::parse(&user.records[0].json).unwrap().digest();
    let known = chain.get(2).unwrap().record().digest();
    let is_both = |reason: &&String| {
        reason.contains(&found.to_string()) && reason.contains(&known.to_string())
    };
    assert!(reasons.iter().any(|it| is_both(&it)), "{reasons:?}");
    // The trust store keeps the recovery chain, and nobody goes back.
    let author = "TIM".parse().unwrap();
    let kept = gate.trust_store().record_chain(&author).await.unwrap();
    assert_eq!(kept.version(), 2);
    assert_eq!(kept.tip().unwrap().record().digest(), found);
    user.records.clear();
    let verdict = user.admit("", path, Some(EVIL)).await;
    User::check(&verdict, Finding::IdentityMismatch, false);
}

#[tokio::test]
async fn requests_known_versions_that_a_recovery_may_replace() {
    let user = User::new();
    let chain = stolen_chain();
    let gate = remember(&user, &chain).await;
    let author = "TIM".parse().unwrap();
    let cpan = tempfile::tempdir().unwrap();
    let folder = cpan.path().join("authors/id/T/TI/TIM");
    fs::create_dir_all(&folder).unwrap();
    let write = |version: u32, json: &[u8]| {
        let name = format!("TIM-sigstore-identities-{version}.json");
        fs::write(folder.join(name), json).unwrap();
    };
    for known in chain.records() {
        write(known.record().version(), known.record().json());
    }
    let reader = Cpan::in_folder(cpan.path());
    let found = gate.newer_records::<Failure>(&reader, &author).await;
    assert_eq!(found.unwrap(), []);
    // The thief's last record is still there, or it is gone.
    let file = recovery(&chain, 1);
    write(2, &file.json);
    for is_there in [true, false] {
        if !is_there {
            fs::remove_file(folder.join("TIM-sigstore-identities-3.json")).unwrap();
        }
        let found = gate.newer_records::<Failure>(&reader, &author).await;
        let found = found.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].version, &found[0].json), (2, &file.json));
    }
}
