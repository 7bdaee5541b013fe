//! Somebody else holds the author's password at PAUSE.

use cpan_sigstore_core::identity::{AuthorIdentity, IdentityPolicy};
use cpan_sigstore_records::record::{AuthorRecord, Releases};

use super::*;

/// A first record by a stranger under the author's name, with its bundle.
fn strangers(enrolling: &Enrolling) -> [(String, Vec<u8>); 2] {
    let user = &enrolling.author.user;
    let identity = AuthorIdentity {
        identity: IdentityPolicy::exact(STRANGER, user.issuer()),
        from: None,
        until: None,
    };
    let made = AuthorRecord::first(ID.parse().unwrap(), vec![identity], Releases::Mixed).unwrap();
    user.write("strangers.json", made.json());
    user.sign_as("stranger", &["strangers.json"]).exits(0);
    let bundle = fs::read(user.path("strangers.json.sigstore.json")).unwrap();
    [
        (record(1), made.json().to_vec()),
        (format!("{}.sigstore.json", record(1)), bundle),
    ]
}

#[test]
fn a_record_that_somebody_else_put_there_is_found_and_put_right() {
    let enrolling = Enrolling::new();
    enrolling.run("author", &["enroll"]).exits(0);
    for (name, bytes) in strangers(&enrolling) {
        enrolling.put(&name, &bytes);
    }
    let ran = enrolling.look(&["check", ID]).exits(12);
    assert!(ran.stderr.contains("second-first"), "{ran:#?}");
    assert!(
        ran.stderr.contains(STRANGER) && ran.stderr.contains(AUTHOR),
        "{ran:#?}"
    );
    // Nothing is built on it.
    let ran = enrolling.run(
        "author",
        &["add", "--also", &enrolling.named("new@example.org")],
    );
    ran.exits(12);
    enrolling.look(&["upload", &record(1)]).exits(0);
    enrolling.look(&["check", ID]).exits(0);
    enrolling
        .run(
            "author",
            &["add", "--also", &enrolling.named("new@example.org")],
        )
        .exits(0);
}

#[test]
fn records_that_were_taken_away_or_are_garbage_are_found() {
    let enrolling = Enrolling::new();
    enrolling.run("author", &["enroll"]).exits(0);
    enrolling.put(&record(2), b"{}");
    let ran = enrolling.look(&["check", ID]).exits(11);
    assert!(ran.stderr.contains("version 2"), "{ran:#?}");
    for version in [1, 2] {
        enrolling
            .author
            .user
            .sandbox
            .pause
            .delete(ID, &record(version));
    }
    let checked = enrolling.look(&["check", ID, "--json"]).exits(10).json();
    assert_eq!(checked["missing"], true);
}
