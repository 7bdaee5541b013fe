//! Author records and author indexes of which the log has another version.

use super::*;
use crate::{
    log::{NewestFile, WithheldFile},
    store::IndexState,
};

const DAY: u64 = 86_400;

fn digest_of(content: &str) -> cpan_sigstore_core::digest::Sha256Digest {
    cpan_sigstore_core::digest::Sha256Digest::of(content.as_bytes())
}

/// The author's records by version and content, as the CPAN shows them.
fn records(used: &[(u32, &str)]) -> Vec<NewestFile> {
    let used = used
        .iter()
        .map(|(version, text)| (*version, digest_of(text)));
    NewestFile::records(&"TIMLEGGE".parse().unwrap(), &used.collect::<Vec<_>>())
}

fn index(operator: &str, content: &str, signed: u64) -> Vec<NewestFile> {
    let state = IndexState {
        operator: operator.to_owned(),
        number: 7,
        digest: digest_of(content),
        signed: at(signed),
        asked: at(NOW),
    };
    NewestFile::author_index(&state).into_iter().collect()
}

/// The path that is withheld, so many days after the log saw record and index.
async fn withheld(files: &[NewestFile], days: u64) -> Option<String> {
    let log = TestLog::new(3)
        .with(leaf(RECORD, "two", NOW))
        .with(leaf(INDEX, "index", NOW));
    let (server, machine) = (Server::of(&log), Machine::new().await);
    let client = machine.client(&log, &server.url);
    let found = client.withheld(&machine.store, files, at(NOW + days * DAY));
    found
        .await
        .unwrap()
        .map(|WithheldFile { path, .. }| path.to_string())
}

#[tokio::test]
async fn finds_withheld_and_forked_author_record() {
    // The newest record is withheld, from somebody who knows the first one or none, or another one is shown.
    let cases: [&[(u32, &str)]; 2] = [&[(1, "one")], &[(1, "one"), (2, "other")]];
    for used in cases {
        assert_eq!(
            withheld(&records(used), 2).await.as_deref(),
            Some(RECORD),
            "{used:?}"
        );
        // The CPAN may be behind the log for some time.
        assert_eq!(withheld(&records(used), 1).await, None, "{used:?}");
    }
    for used in [&[(1, "one"), (2, "two")][..], &[(2, "other"), (2, "two")]] {
        assert_eq!(withheld(&records(used), 9).await, None, "{used:?}");
    }
}

#[tokio::test]
async fn finds_withheld_and_forked_author_index() {
    const OURS: &str = "https://cpan.example/-/index.json";
    for (content, signed, expected) in [
        ("index", NOW - DAY, None),
        ("older", NOW - DAY, Some(INDEX)),
        // The log has not seen this one yet.
        ("newer", NOW + DAY, None),
    ] {
        let found = withheld(&index(OURS, content, signed), 3).await;
        assert_eq!(found.as_deref(), expected, "{content}");
    }
    // The log has the index of another operator.
    let other = index("https://operator.example/index.json", "other", NOW - DAY);
    assert_eq!(withheld(&other, 3).await, None);
}

#[tokio::test]
async fn asks_the_log_for_records_once_an_hour() {
    let log = TestLog::new(3).with(leaf(RECORD, "two", NOW));
    let (server, machine) = (Server::of(&log), Machine::new().await);
    let files = records(&[(1, "one")]);
    let first = RECORD.replace("-2.json", "-1.json");
    for (seconds, requests) in [
        (0, vec![proof_of(RECORD), proof_of(&first)]),
        (3599, Vec::new()),
        (3600, vec![proof_of(RECORD), proof_of(&first)]),
    ] {
        let client = machine.client(&log, &server.url);
        let found = client.withheld(&machine.store, &files, at(NOW + seconds));
        assert_eq!(found.await.unwrap(), None);
        assert_eq!(server.requests(), requests, "{seconds}");
    }
    // A mirror's operator cannot make a record up.
    server.change(|files| {
        files.insert(proof_of(RECORD), log.proof(FOO).to_string().into());
    });
    let client = machine.client(&log, &server.url);
    let found = client.withheld(&machine.store, &files, at(NOW + 9 * DAY));
    assert_eq!(found.await.unwrap(), None);
}
