//! The number of requests.

use super::*;

#[tokio::test]
async fn proves_an_archive_with_three_requests_and_then_with_none() {
    let old = TestLog::new(40);
    let log = old.with(leaf(OTHER, "other", NOW));
    let server = Server::of(&log);
    // The archive was logged before the package index of today.
    server.change(|files| {
        files.insert(proof_of(FOO), old.proof(FOO).to_string().into());
    });
    let machine = Machine::new().await;
    let client = machine.client(&log, &server.url);
    let digest = cpan_sigstore_core::digest::Sha256Digest::of(b"index");
    let check = client.check_index(&machine.store, digest, now());
    assert!(matches!(check.await.unwrap(), IndexCheck::Logged));
    let found = machine.look_up(&client, FOO, now()).await;
    assert_eq!(digest_of(&found), foo(), "{found:?}");
    let requests = server.requests();
    assert_eq!(
        requests,
        [
            proof_of(PACKAGE_INDEX_PATH),
            proof_of(FOO),
            "tile/0/000.p/43".to_owned()
        ]
    );
    // Another process, an hour minus a second later.
    let client = machine.client(&log, &server.url);
    let soon = at(NOW + 3599);
    let check = client.check_index(&machine.store, digest, soon);
    assert!(matches!(check.await.unwrap(), IndexCheck::Logged));
    let found = machine.look_up(&client, FOO, soon).await;
    assert_eq!(digest_of(&found), foo(), "{found:?}");
    assert_eq!(server.requests(), [""; 0]);
}

fn digest_of(found: &LogEvidence) -> Option<cpan_sigstore_core::digest::Sha256Digest> {
    digest(&found.answer)
}

#[tokio::test]
async fn uses_proof_beside_a_file_before_the_log() {
    let log = TestLog::new(3);
    let (server, mirror) = (Server::of(&log), Server::of(&log));
    let machine = Machine::new().await;
    let cpan = cpan_sigstore_cpan::Cpan::at(&mirror.url).unwrap();
    let client = machine.client(&log, &server.url).beside(cpan);
    let found = machine.look_up(&client, FOO, now()).await;
    assert_eq!(digest_of(&found), foo());
    assert_eq!(mirror.requests(), [proof_of(FOO)]);
    // The log is read once an hour, and not for each file.
    assert_eq!(server.requests(), [proof_of(PACKAGE_INDEX_PATH)]);
    // A given proof needs nobody.
    let client = machine.client(&log, &server.url).offline();
    let proof = log.proof(FOO).to_string();
    let path = FOO.parse().unwrap();
    let given = client.look_up(&machine.store, &path, Some(proof.as_bytes()), now());
    assert_eq!(digest(&given.await.unwrap().answer), foo());
    assert_eq!(server.requests(), [""; 0]);
}

#[tokio::test]
async fn does_not_try_again_for_a_minute_a_log_that_is_down() {
    let log = TestLog::new(3);
    let server = Server::of(&log);
    server.end();
    let machine = Machine::new().await;
    let client = machine.client(&log, &server.url);
    for (later, requests) in [(0, 1), (59, 0), (60, 1)] {
        let found = machine.look_up(&client, FOO, at(NOW + later)).await;
        assert!(
            matches!(found.answer, LogAnswer::Undetermined(_)),
            "{found:?}"
        );
        assert_eq!(server.requests().len(), requests, "{later}");
    }
}
