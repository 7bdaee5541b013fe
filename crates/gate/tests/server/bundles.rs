//! Bundles: a published one is never replaced by one that is worse.

use cpan_sigstore_core::{cause::Cause, finding::Finding};
use cpan_sigstore_records::record::Releases;

use crate::world::{
    ARCHIVE, BUNDLE, EVIL, Server, TIM, archive, brief, first, next, record_name, sign,
};

/// Servers of an author without a record, and with each kind of record.
fn servers() -> [Server; 3] {
    [
        Server::new(),
        Server::with_record(Releases::Mixed),
        Server::with_record(Releases::Signed),
    ]
}

#[tokio::test]
async fn keeps_published_bundle_when_a_worse_one_is_uploaded() {
    for server in servers() {
        server.publish(ARCHIVE, archive());
        let own = sign(TIM, &archive());
        assert_eq!(server.submit(BUNDLE, &own).await, ("accept", "signed", 0));
        for (worse, exit) in [
            (b"no bundle".to_vec(), 11),
            (b"{}".to_vec(), 11),
            (sign(TIM, b"other bytes"), 11),
            (sign(EVIL, b"other bytes"), 11),
            (sign(EVIL, &archive()), 12),
            (vec![b' '; 3 << 20], 11),
        ] {
            let (decision, _, code) = server.submit(BUNDLE, &worse).await;
            assert_eq!((decision, code), ("reject", exit));
            assert_eq!(std::fs::read(server.path(BUNDLE)).unwrap(), own);
        }
        assert_eq!(
            server.submit(BUNDLE, &own).await,
            ("accept", "unchanged", 0)
        );
        let again = sign(TIM, &archive());
        assert_eq!(server.submit(BUNDLE, &again).await, ("accept", "signed", 0));
    }
}

#[tokio::test]
async fn keeps_waiting_bundle_when_a_worse_one_is_uploaded() {
    for server in servers() {
        let own = sign(TIM, &archive());
        let waits = ("accept", "awaits-archive", 0);
        assert_eq!(server.submit(BUNDLE, &own).await, waits);
        let mut damaged: serde_json::Value = serde_json::from_slice(&own).unwrap();
        damaged["messageSignature"]["signature"] = "AAAA".into();
        for worse in [
            b"no bundle".to_vec(),
            damaged.to_string().into_bytes(),
            sign(EVIL, &archive()),
        ] {
            assert_eq!(server.submit(BUNDLE, &worse).await.0, "reject");
            assert_eq!(std::fs::read(server.path(BUNDLE)).unwrap(), own);
        }
        // Of another archive, which was built again.
        assert_eq!(server.submit(BUNDLE, &sign(TIM, b"again")).await, waits);
    }
}

#[tokio::test]
async fn takes_a_first_bundle_for_an_archive_that_was_published_before() {
    for server in servers() {
        server.publish(ARCHIVE, b"not the archive that its name says");
        let bundle = sign(TIM, b"not the archive that its name says");
        let (decision, reason, _) = server.submit(BUNDLE, &bundle).await;
        assert_eq!((decision, reason), ("accept", "signed"));
    }
    // Without a record anybody who has the account can be first.
    let server = Server::new();
    server.publish(ARCHIVE, archive());
    let answer = server.ask(BUNDLE, &sign(EVIL, &archive())).await;
    assert_eq!(brief(&answer), ("accept", "signed", 0));
    // One that proves nothing makes a release worse than none.
    let answer = server.ask(BUNDLE, &sign(EVIL, b"other bytes")).await;
    assert_eq!(brief(&answer), ("reject", "denied", 11));
}

#[tokio::test]
async fn rejects_huge_bundle() {
    let server = Server::with_record(Releases::Signed);
    let huge = vec![b'['; 8 << 20];
    let answer = server.ask(BUNDLE, &huge).await;
    let too_large = Finding::SignatureInvalid(Cause::BundleTooLarge);
    assert_eq!(answer.finding, Some(too_large));
    // One that was published before there was a gate.
    server.publish(BUNDLE, &huge);
    let answer = server.ask(ARCHIVE, &archive()).await;
    assert_eq!(answer.finding, Some(too_large));
    assert_eq!(answer.exit() as u8, 11);
}

#[tokio::test]
async fn waits_with_a_bundle_that_cannot_be_verified_now() {
    for mut server in servers() {
        server.publish(ARCHIVE, archive());
        let own = sign(TIM, &archive());
        server.submit(BUNDLE, &own).await;
        server.trusts = false;
        let answer = server.ask(BUNDLE, &sign(TIM, &archive())).await;
        assert_eq!(answer.exit() as u8, 3);
    }
}

#[tokio::test]
async fn keeps_bundle_of_a_record_when_a_worse_one_is_uploaded() {
    let server = Server::new();
    let one = first(TIM, Releases::Signed);
    let two = next(&one, TIM, Releases::Signed);
    for record in [&one, &two] {
        server.publish_record(record, TIM);
        let name = format!("{}.sigstore.json", record_name(record.version()));
        for worse in [
            b"{}".to_vec(),
            sign(EVIL, record.json()),
            sign(TIM, b"another record"),
        ] {
            assert_eq!(server.ask(&name, &worse).await.decision.code(), "reject");
        }
        let answer = server.ask(&name, &sign(TIM, record.json())).await;
        assert_eq!(brief(&answer), ("accept", "continues", 0));
    }
}

#[tokio::test]
async fn keeps_waiting_bundle_of_a_record_when_a_worse_one_is_uploaded() {
    let waits = ("accept", "awaits-record", 0);
    let name = format!("{}.sigstore.json", record_name(2));
    for releases in [Releases::Mixed, Releases::Signed] {
        let server = Server::with_record(releases);
        let two = next(&first(TIM, releases), TIM, releases);
        let own = sign(TIM, two.json());
        let mut damaged: serde_json::Value = serde_json::from_slice(&own).unwrap();
        damaged["messageSignature"]["signature"] = "AAAA".into();
        let damaged = damaged.to_string().into_bytes();
        assert_eq!(server.ask(&name, &damaged).await.exit() as u8, 11);
        // An identity that no record names may have a recovery key, so that its bundle waits for the record.
        let theirs = sign(EVIL, two.json());
        assert_eq!(server.submit(&name, &theirs).await, waits);
        assert_eq!(server.submit(&name, &own).await, waits);
        let refused = ("reject", "other-signer", 12);
        for (worse, expected) in [(&theirs, refused), (&damaged, ("reject", "denied", 11))] {
            assert_eq!(server.submit(&name, worse).await, expected);
            assert_eq!(std::fs::read(server.path(&name)).unwrap(), own);
        }
        let again = sign(TIM, two.json());
        assert_eq!(server.submit(&name, &again).await, waits);
        let record = server.submit(&record_name(2), two.json()).await;
        assert_eq!(record, ("accept", "continues", 0));
    }
    // Nothing says yet who may sign a first record.
    let server = Server::new();
    let name = format!("{}.sigstore.json", record_name(1));
    for account in [EVIL, TIM] {
        let bundle = sign(account, first(TIM, Releases::Signed).json());
        assert_eq!(server.submit(&name, &bundle).await, waits);
    }
}
