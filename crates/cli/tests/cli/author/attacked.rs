//! Somebody else holds the author's password at PAUSE.

use cpan_sigstore_testkit::records::Records;

use super::*;

/// A first record by a stranger under the author's name, with its bundle.
fn strangers(enrolling: &Enrolling) -> [(String, Vec<u8>); 2] {
    let user = &enrolling.world;
    let made = Records::new(ID, user.issuer()).first(&[STRANGER]);
    user.write("strangers.json", made.json());
    user.sign_as("stranger", &["strangers.json"]).exits(0);
    let bundle = fs::read(user.path("strangers.json.sigstore.json")).unwrap();
    [
        (record(1), made.json().to_vec()),
        (format!("{}.sigstore.json", record(1)), bundle),
    ]
}

#[test]
fn author_check_finds_foreign_record_and_upload_mends() {
    let enrolling = Enrolling::new();
    enrolling
        .run("author", &["enroll"])
        .exits(0)
        .snapshot("author/author_check_finds_foreign_record_and_upload_mends-1");
    for (name, bytes) in strangers(&enrolling) {
        enrolling.put(&name, &bytes);
    }
    let ran = enrolling
        .look(&["check", ID])
        .exits(12)
        .snapshot("author/author_check_finds_foreign_record_and_upload_mends-2");
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
    ran.exits(12)
        .snapshot("author/author_check_finds_foreign_record_and_upload_mends-3");
    enrolling
        .look(&["upload", &record(1)])
        .exits(0)
        .snapshot("author/author_check_finds_foreign_record_and_upload_mends-4");
    enrolling
        .look(&["check", ID])
        .exits(0)
        .snapshot("author/author_check_finds_foreign_record_and_upload_mends-5");
    enrolling
        .run(
            "author",
            &["add", "--also", &enrolling.named("new@example.org")],
        )
        .exits(0)
        .snapshot("author/author_check_finds_foreign_record_and_upload_mends-6");
}

#[test]
fn author_check_finds_missing_and_malformed_records() {
    let enrolling = Enrolling::new();
    enrolling.run("author", &["enroll"]).exits(0);
    enrolling.put(&record(2), b"{}");
    let ran = enrolling
        .look(&["check", ID])
        .exits(11)
        .snapshot("author/author_check_finds_missing_and_malformed_records");
    assert!(ran.stderr.contains("version 2"), "{ran:#?}");
    for version in [1, 2] {
        enrolling.world.sandbox.pause.delete(ID, &record(version));
    }
    let checked = enrolling.look(&["check", ID, "--json"]).exits(10).json();
    assert_eq!(checked["missing"], true);
}

#[test]
fn restores_records_with_all_bundles_first() {
    let enrolling = Enrolling::new();
    enrolling.run("author", &["enroll"]).exits(0);
    let also = enrolling.named("new@example.org");
    enrolling.run("author", &["add", "--also", &also]).exits(0);
    let records = [record(1), record(2)];
    let bundles = records.clone().map(|name| format!("{name}.sigstore.json"));
    let pause = &enrolling.world.sandbox.pause;
    for name in records.iter().chain(&bundles) {
        assert!(pause.delete(ID, name), "{name}");
    }
    pause.hold();
    let before = enrolling.world.uploads().len();
    let upload = ["upload", &records[0], &records[1]];
    let ran = enrolling.look(&[&upload[..], &["--patience", "0"]].concat());
    ran.exits(3);
    assert_eq!(enrolling.world.uploads()[before..], bundles);
    pause.release();
    enrolling
        .look(&upload)
        .exits(0)
        .snapshot("author/restores_records_with_all_bundles_first");
    let all = [&bundles[..], &records[..]].concat();
    assert_eq!(enrolling.world.uploads()[before..], all);
    enrolling.assert_published(1);
    enrolling.assert_published(2);
}
