//! Author records: what continues a chain, and when a first record is in effect.

use cpan_sigstore_core::finding::Finding;
use cpan_sigstore_records::{
    chain::Outcome,
    record::{AuthorRecord, Releases},
};
use jiff::SignedDuration;

use crate::world::{
    ARCHIVE, BUNDLE, EVIL, Server, TIM, archive, brief, first, next, record_name, sign,
};

/// Uploads the bundle, then the record, as PAUSE takes them.
async fn submit(
    server: &Server,
    record: &AuthorRecord,
    by: &'static str,
) -> (&'static str, &'static str, u8) {
    let name = record_name(record.version());
    let bundle = format!("{name}.sigstore.json");
    let (decision, ..) = server.submit(&bundle, &sign(by, record.json())).await;
    assert_eq!(decision, "accept");
    server.submit(&name, record.json()).await
}

#[tokio::test]
async fn publishes_records_that_continue_the_chain() {
    let server = Server::new();
    let one = first(TIM, Releases::Mixed);
    let name = record_name(1);
    let answer = server.ask(&name, one.json()).await;
    assert_eq!(brief(&answer), ("later", "awaits-bundle", 3));
    let continues = ("accept", "continues", 0);
    assert_eq!(submit(&server, &one, TIM).await, continues);
    let two = next(&one, TIM, Releases::Signed);
    let three = next(&two, TIM, Releases::Signed);
    server.publish(
        "TIM-sigstore-identities-3.json.sigstore.json",
        sign(TIM, three.json()),
    );
    let answer = server.ask(&record_name(3), three.json()).await;
    assert_eq!(brief(&answer), ("later", "awaits-version", 3));
    assert_eq!(submit(&server, &two, TIM).await, continues);
    assert_eq!(submit(&server, &three, TIM).await, continues);
    let answer = server.ask(&record_name(3), three.json()).await;
    assert_eq!(brief(&answer), ("accept", "unchanged", 0));
}

#[tokio::test]
async fn rejects_record_that_does_not_continue_the_chain() {
    let server = Server::new();
    let one = first(TIM, Releases::Signed);
    let other = first(EVIL, Releases::Mixed);
    server.publish_record(&one, TIM);
    for (record, by, outcome) in [
        (
            &next(&one, EVIL, Releases::Mixed),
            EVIL,
            Outcome::SignerUnauthorized,
        ),
        (
            &next(&other, EVIL, Releases::Mixed),
            EVIL,
            Outcome::WrongParent,
        ),
    ] {
        let name = record_name(2);
        server.publish(&format!("{name}.sigstore.json"), sign(by, record.json()));
        let answer = server.ask(&name, record.json()).await;
        assert_eq!(brief(&answer), ("reject", "record-refused", 12));
        assert_eq!(answer.outcome, Some(outcome));
    }
    server.publish("TIM-sigstore-identities-2.json.sigstore.json", "{}");
    let two = next(&one, TIM, Releases::Signed);
    let answer = server.ask(&record_name(2), two.json()).await;
    assert_eq!(brief(&answer), ("reject", "record-refused", 11));
    for text in [&b"{}"[..], b"", one.json()] {
        server.publish(
            "TIM-sigstore-identities-2.json.sigstore.json",
            sign(TIM, text),
        );
        let answer = server.ask(&record_name(2), text).await;
        assert_eq!(brief(&answer), ("reject", "record-refused", 12));
    }
}

#[tokio::test]
async fn rejects_record_that_rolls_the_chain_back() {
    let server = Server::new();
    let one = first(TIM, Releases::Mixed);
    let two = next(&one, TIM, Releases::Signed);
    server.publish_record(&one, TIM);
    server.publish_record(&two, TIM);
    // The author's own identity cannot replace what is published.
    let rivals = [
        (first(TIM, Releases::Signed), Outcome::RivalFirst),
        (next(&one, TIM, Releases::Mixed), Outcome::Fork),
    ];
    for deleted in [false, true] {
        for (rival, outcome) in &rivals {
            let name = record_name(rival.version());
            // The gate remembers the chain when its files are gone.
            server.ask(ARCHIVE, &archive()).await;
            if deleted {
                let _ = std::fs::remove_file(server.path(&name));
            }
            server.publish(&format!("{name}.sigstore.json"), sign(TIM, rival.json()));
            let answer = server.ask(&name, rival.json()).await;
            assert_eq!(brief(&answer), ("reject", "record-refused", 12));
            assert_eq!(answer.outcome, Some(*outcome), "{deleted}");
        }
    }
}

#[tokio::test]
async fn requires_signatures_after_all_records_were_deleted() {
    let server = Server::with_record(Releases::Signed);
    assert!(server.ask(ARCHIVE, &archive()).await.required);
    for name in [record_name(1), format!("{}.sigstore.json", record_name(1))] {
        std::fs::remove_file(server.path(&name)).unwrap();
    }
    let answer = server.ask(ARCHIVE, &archive()).await;
    assert!(answer.required);
    assert_ne!(answer.exit() as u8, 0);
}

#[tokio::test]
async fn requires_nothing_by_record_that_nobody_signed() {
    let server = Server::new();
    let record = first(TIM, Releases::Signed);
    server.publish(&record_name(1), record.json());
    assert!(!server.ask(ARCHIVE, &archive()).await.required);
    server.publish_record(&record, EVIL);
    assert!(!server.ask(ARCHIVE, &archive()).await.required);
}

#[tokio::test]
async fn waits_before_a_first_record_is_in_effect() {
    let mut server = Server::new();
    server.wait = 72;
    let record = first(TIM, Releases::Signed);
    assert_eq!(submit(&server, &record, TIM).await.0, "accept");
    let answer = server.ask(ARCHIVE, &archive()).await;
    assert!(!answer.required && answer.record_from.is_some());
    server.passed = SignedDuration::from_hours(71);
    // A second upload of the same bytes gives the file a new date.
    std::fs::remove_file(server.path(&record_name(1))).unwrap();
    assert_eq!(submit(&server, &record, TIM).await.0, "accept");
    let answer = server.ask(ARCHIVE, &archive()).await;
    assert!(!answer.required);
    server.passed = SignedDuration::from_hours(73);
    let answer = server.ask(ARCHIVE, &archive()).await;
    assert!(answer.required && answer.record_from.is_none());
}

#[tokio::test]
async fn first_record_of_a_thief_locks_nobody_out_at_once() {
    let mut server = Server::new();
    server.wait = 72;
    let theirs = first(EVIL, Releases::Signed);
    assert_eq!(submit(&server, &theirs, EVIL).await.0, "accept");
    // The author goes on, unsigned and signed.
    let answer = server.ask(ARCHIVE, &archive()).await;
    assert_eq!(brief(&answer), ("accept", "not-required", 0));
    let bundle = server.submit(BUNDLE, &sign(TIM, &archive())).await;
    assert_eq!(bundle.0, "accept");
    let answer = server.ask(ARCHIVE, &archive()).await;
    assert_eq!(answer.finding, Some(Finding::IdentityUnknown));
    assert_eq!(answer.exit() as u8, 0);
    // An administrator removes it, and the author's own is the first.
    for name in [record_name(1), format!("{}.sigstore.json", record_name(1))] {
        std::fs::remove_file(server.path(&name)).unwrap();
    }
    let own = first(TIM, Releases::Signed);
    assert_eq!(submit(&server, &own, TIM).await.0, "accept");
}
