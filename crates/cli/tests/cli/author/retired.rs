//! Retired identities, and logins that are not authorized.

use super::*;

/// How many certificates were asked for: each makes a name public.
fn certificates(enrolling: &Enrolling) -> usize {
    let services = &enrolling.world.sandbox.services;
    services.ca.requests().len()
}

#[test]
fn rejects_unauthorized_login_before_publishing_name() {
    let enrolling = Enrolling::new();
    enrolling.run("author", &["enroll"]).exits(0);
    let before = certificates(&enrolling);
    let new = enrolling.named("new@example.org");
    for args in [
        &["add", "--also", &new][..],
        &["retire", AUTHOR, "--even-the-last"],
        &["require-signed"],
    ] {
        let ran = enrolling.run("stranger", args);
        assert_ne!(ran.code, Some(0), "{ran:#?}");
    }
    assert_eq!(certificates(&enrolling), before);
    assert!(enrolling.published(2).is_none());
}

#[test]
fn retires_identity_stated_for_two_periods() {
    let enrolling = Enrolling::new();
    let stranger = enrolling.named(STRANGER);
    enrolling
        .run(
            "author",
            &[
                "enroll",
                "--also",
                &stranger,
                "--until",
                "2026-01-01T00:00:00Z",
            ],
        )
        .exits(0)
        .snapshot("author/retires_identity_stated_for_two_periods-1");
    let again = ["add", "--also", &stranger, "--from", "2026-03-01T00:00:00Z"];
    enrolling
        .run("author", &again)
        .exits(0)
        .snapshot("author/retires_identity_stated_for_two_periods-2");
    let since = [
        "retire",
        STRANGER,
        "--compromised-since",
        "2025-06-01T00:00:00Z",
    ];
    let ran = enrolling
        .run("author", &since)
        .exits(0)
        .snapshot("author/retires_identity_stated_for_two_periods-3");
    // What began afterwards never counted.
    assert!(ran.stderr.contains("- stranger"), "{ran:#?}");
    let text = enrolling.published(3).unwrap();
    let until = r#""subject":"stranger@example.net","until":"2025-06-01T00:00:00Z""#;
    assert!(text.contains(until), "{text}");
    assert_eq!(text.matches(STRANGER).count(), 1, "{text}");
    // There is nothing left to retire.
    enrolling.run("author", &since).exits(1);
}

#[test]
fn checks_record_files_before_upload() {
    let enrolling = Enrolling::new();
    enrolling.run("author", &["enroll", "--no-upload"]).exits(0);
    let requests = || enrolling.world.sandbox.services.cpan.requests().len();
    let before = requests();
    let bundle = format!("{}.sigstore.json", record(1));
    let checked = enrolling
        .look(&["check", &record(1), &bundle, "--json"])
        .exits(0)
        .json();
    assert_eq!(
        (&checked["version"], &checked["files"]),
        (&1.into(), &1.into())
    );
    // Who has never seen any says the same.
    enrolling
        .look(&["check", &record(1), "--trust-store", "empty.sqlite"])
        .exits(0);
    enrolling
        .look(&["check", &bundle])
        .exits(2)
        .snapshot("author/checks_record_files_before_upload-1");
    enrolling
        .look(&["check", "README.json"])
        .exits(1)
        .snapshot("author/checks_record_files_before_upload-2");
    fs::remove_file(enrolling.world.path(&bundle)).unwrap();
    let ran = enrolling
        .look(&["check", &record(1)])
        .exits(11)
        .snapshot("author/checks_record_files_before_upload-3");
    assert!(ran.stderr.contains("bundle"), "{ran:#?}");
    assert_eq!(requests(), before, "no CPAN was asked");
}
