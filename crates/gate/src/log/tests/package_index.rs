//! The package index that everybody sees.

use cpan_sigstore_core::digest::Sha256Digest;

use super::*;

const DAY: u64 = 24 * 3600;

async fn check(machine: &Machine, client: &LogClient, text: &str, now: Timestamp) -> IndexCheck {
    let digest = Sha256Digest::of(text.as_bytes());
    client
        .check_index(&machine.store, digest, now)
        .await
        .unwrap()
}

/// A log whose second package index is new now, and whose first one is two days old.
fn logs() -> (TestLog, TestLog) {
    let mut old = TestLog::new(3);
    old.leaves = vec![
        leaf(FOO, "foo", NOW - 2 * DAY),
        leaf(PACKAGE_INDEX_PATH, "index", NOW - 2 * DAY),
    ];
    let new = old.with(leaf(PACKAGE_INDEX_PATH, "newer", NOW));
    (old, new)
}

#[tokio::test]
async fn rejects_rolled_back_package_index_by_the_log() {
    let (old, new) = logs();
    let (server, mirror) = (Server::of(&new), Server::of(&old));
    // The victim has never seen a package index before.
    let machine = Machine::new().await;
    let cpan = || cpan_sigstore_cpan::Cpan::at(&mirror.url).unwrap();
    let client = machine.client(&new, &server.url).beside(cpan());
    let later = |seconds| at(NOW + seconds);
    // A mirror may lag behind as long as the policy allows.
    let checked = check(&machine, &client, "index", later(2 * DAY - 1)).await;
    assert!(matches!(checked, IndexCheck::Logged), "{checked:?}");
    let checked = check(&machine, &client, "index", later(2 * DAY)).await;
    let IndexCheck::Superseded { found, newer } = checked else {
        panic!("{checked:?}")
    };
    assert_eq!((found, newer), (at(NOW - 2 * DAY), now()));
    let strict = machine.client_by(&new.policy(&server.url), "package-index-age = 0\n");
    let checked = check(&machine, &strict.beside(cpan()), "index", now()).await;
    assert!(
        matches!(checked, IndexCheck::Superseded { .. }),
        "{checked:?}"
    );
    let checked = check(&machine, &client, "newer", now()).await;
    assert!(matches!(checked, IndexCheck::Logged), "{checked:?}");
}

#[tokio::test]
async fn rejects_forked_package_index_that_no_log_has() {
    let (_, new) = logs();
    let server = Server::of(&new);
    let machine = Machine::new().await;
    let client = machine.client(&new, &server.url);
    let checked = check(&machine, &client, "another", now()).await;
    assert!(matches!(checked, IndexCheck::Unlogged(_)), "{checked:?}");
    server.end();
    let machine = Machine::new().await;
    let client = machine.client(&new, &server.url);
    let checked = check(&machine, &client, "another", now()).await;
    assert!(
        matches!(checked, IndexCheck::Undetermined(_)),
        "{checked:?}"
    );
}

#[tokio::test]
async fn rejects_log_whose_time_runs_back() {
    let (old, _) = logs();
    let backward = old.with(leaf(PACKAGE_INDEX_PATH, "newer", NOW - 3 * DAY));
    let server = Server::of(&old);
    let machine = Machine::new().await;
    let client = machine.client(&old, &server.url);
    let checked = check(&machine, &client, "index", now()).await;
    assert!(matches!(checked, IndexCheck::Logged), "{checked:?}");
    server.serve(&backward);
    let checked = check(&machine, &client, "newer", now()).await;
    let IndexCheck::Undetermined(reason) = checked else {
        panic!("{checked:?}")
    };
    assert!(reason.contains("runs back"), "{reason}");
    // A leaf from the future dates nothing either.
    let future = old.with(leaf(PACKAGE_INDEX_PATH, "newer", NOW + 3600));
    server.serve(&future);
    let checked = check(&machine, &client, "newer", now()).await;
    assert!(
        matches!(checked, IndexCheck::Undetermined(_)),
        "{checked:?}"
    );
}
