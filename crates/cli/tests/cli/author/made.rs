//! An author who says who signs.

use std::fs;

use super::*;

#[test]
fn enrolls_author_once_and_shows_record() {
    let enrolling = Enrolling::new();
    enrolling
        .look(&["show", ID])
        .exits(10)
        .snapshot("author/enrolls_author_once_and_shows_record-1");
    let ran = enrolling
        .run("author", &["enroll", "--wait", "--poll", "0"])
        .exits(0)
        .snapshot("author/enrolls_author_once_and_shows_record-2");
    assert!(ran.stderr.contains(&format!("+ {AUTHOR}")), "{ran:#?}");
    enrolling.assert_published(1);
    // The bundle comes first, so that nobody finds a record that nobody has signed.
    let uploads = enrolling.world.uploads();
    assert_eq!(uploads, [format!("{}.sigstore.json", record(1)), record(1)]);

    let ran = enrolling
        .look(&["show", ID])
        .exits(0)
        .snapshot("author/enrolls_author_once_and_shows_record-3");
    for said in ["version 1", AUTHOR, "mixed"] {
        assert!(ran.stdout.contains(said), "{said}: {ran:#?}");
    }
    enrolling.look(&["check", ID]).exits(0);
    // Once is once, wherever the files are.
    let ran = enrolling
        .run("author", &["enroll", "--directory", "home"])
        .exits(1)
        .snapshot("author/enrolls_author_once_and_shows_record-4");
    assert!(ran.stderr.contains("version 1"), "{ran:#?}");
}

#[test]
fn adds_identity_that_signs_next_version() {
    let enrolling = Enrolling::new();
    enrolling.run("author", &["enroll"]).exits(0);
    let stranger = enrolling.named(STRANGER);
    // Nothing is signed without a yes.
    let ran = enrolling
        .said("author", &["add", "--also", &stranger])
        .exits(2)
        .snapshot("author/adds_identity_that_signs_next_version-1");
    assert!(ran.stderr.contains(&format!("+ {STRANGER}")), "{ran:#?}");
    assert!(!enrolling.world.path(&record(2)).exists());
    // Nor by a login that the record does not name.
    let ran = enrolling
        .run("stranger", &["add", "--also", &stranger])
        .exits(12)
        .snapshot("author/adds_identity_that_signs_next_version-2");
    assert!(ran.stderr.contains(AUTHOR), "{ran:#?}");
    assert!(!enrolling.world.path(&record(2)).exists());
    // A dry run shows the text.
    let ran = enrolling
        .run("author", &["add", "--also", &stranger, "--dry-run"])
        .exits(0);
    assert!(ran.stdout.contains(r#""version":2"#), "{ran:#?}");
    assert!(enrolling.published(2).is_none());

    let ran = enrolling
        .run("author", &["add", "--also", &stranger, "--json"])
        .exits(0);
    let made = ran.json();
    assert_eq!(made["stage"], "uploaded");
    assert_eq!(made["version"], 2);
    enrolling.assert_published(2);
    enrolling
        .run("author", &["add", "--also", &stranger])
        .exits(1)
        .snapshot("author/adds_identity_that_signs_next_version-3");
    // The one that was added retires the other.
    enrolling
        .run("stranger", &["retire", AUTHOR])
        .exits(0)
        .snapshot("author/adds_identity_that_signs_next_version-4");
    let shown = enrolling.look(&["show", ID, "--json"]).exits(0).json();
    assert_eq!(shown["version"], 3);
    assert_eq!(shown["identities"][0]["counts-now"], false);
    assert_eq!(shown["identities"][1]["counts-now"], true);
    let ran = enrolling.run(
        "author",
        &["add", "--workflow", "a/b/.github/workflows/r.yml"],
    );
    ran.exits(12)
        .snapshot("author/adds_identity_that_signs_next_version-5");
}

#[test]
fn adds_workflow_for_every_tag() {
    let enrolling = Enrolling::new();
    let path = "author/Foo-Bar/.github/workflows/release.yml";
    enrolling
        .run("author", &["enroll", "--workflow", path])
        .exits(0)
        .snapshot("author/adds_workflow_for_every_tag-1");
    let text = enrolling.published(1).unwrap();
    let pattern = format!(r#""pattern":"https://github.com/{path}@refs/tags/*""#);
    assert!(text.contains(&pattern), "{text}");
    assert!(
        text.contains(r#""claims":{"repository":"https://github.com/author/Foo-Bar"}"#),
        "{text}"
    );
    // Logged in as the workflow itself, it is named the same way, and by its ids.
    let other = Enrolling::new();
    other
        .run("ci", &["enroll"])
        .exits(0)
        .snapshot("author/adds_workflow_for_every_tag-2");
    let by_login = other.published(1).unwrap();
    assert!(by_login.contains(&pattern), "{by_login}");
    let ids = r#""claims":{"owner-id":"5001","repository":"https://github.com/author/Foo-Bar","repository-id":"702001"}"#;
    assert!(by_login.contains(ids), "{by_login}");
    // A person states the ids.
    let stated = Enrolling::new();
    let flags = ["--repository-id", "702001", "--owner-id", "5001"];
    let ran = stated
        .run(
            "author",
            &[&["enroll", "--workflow", path], &flags[..]].concat(),
        )
        .exits(0);
    assert!(!ran.stderr.contains("warning"), "{ran:#?}");
    let text = stated.published(1).unwrap();
    assert!(text.contains(ids), "{text}");
}

#[test]
fn rejects_workflow_that_every_repository_may_call() {
    let enrolling = Enrolling::new();
    let pattern = "https://github.com/shared/flows/.github/workflows/release.yml@refs/tags/* by https://token.actions.githubusercontent.com";
    let exact = pattern.replace('*', "v1");
    for (run, flags) in [
        (1, &["--pattern", pattern][..]),
        (2, &["--also", &exact]),
        (3, &["--pattern", pattern, "--owner-id", "5001"]),
        (4, &["--pattern", pattern, "--repository", "author/Foo-Bar"]),
        (5, &["--repository-id", "702001"]),
    ] {
        let ran = enrolling.run("author", &[&["enroll"], flags].concat());
        ran.exits(2).snapshot(&format!(
            "author/rejects_workflow_that_every_repository_may_call-{run}"
        ));
    }
    assert!(enrolling.world.uploads().is_empty());
    let bound = ["--pattern", pattern, "--repository-id", "702001"];
    enrolling
        .run("author", &[&["enroll"], &bound[..]].concat())
        .exits(0);
    let text = enrolling.published(1).unwrap();
    assert!(
        text.contains(r#""claims":{"repository-id":"702001"}"#),
        "{text}"
    );
}

#[test]
fn states_all_releases_signed_only_when_true() {
    let enrolling = Enrolling::new();
    enrolling.put("Foo-Bar-1.01.tar.gz", &distribution("Foo-Bar", "1.01"));
    let ran = enrolling
        .run("author", &["enroll", "--releases", "signed"])
        .exits(10)
        .snapshot("author/states_all_releases_signed_only_when_true-1");
    assert!(ran.stderr.contains("Foo-Bar-1.01.tar.gz"), "{ran:#?}");
    assert!(ran.stderr.contains("backlog"), "{ran:#?}");
    enrolling.run("author", &["enroll"]).exits(0);
    enrolling.run("author", &["require-signed"]).exits(10);
    enrolling.put("Foo-Bar-1.01.tar.gz.sigstore.json", b"{}");
    enrolling
        .run("author", &["require-signed"])
        .exits(0)
        .snapshot("author/states_all_releases_signed_only_when_true-2");
    assert!(
        enrolling
            .published(2)
            .unwrap()
            .contains(r#""releases":"signed""#)
    );
    enrolling
        .run("author", &["require-signed"])
        .exits(1)
        .snapshot("author/states_all_releases_signed_only_when_true-3");
}

#[test]
fn rejects_retiring_last_or_unknown_identity() {
    let enrolling = Enrolling::new();
    enrolling.run("author", &["enroll"]).exits(0);
    let ran = enrolling
        .run("author", &["retire", AUTHOR])
        .exits(1)
        .snapshot("author/rejects_retiring_last_or_unknown_identity-1");
    assert!(ran.stderr.contains("--even-the-last"), "{ran:#?}");
    let ran = enrolling
        .run("author", &["retire", STRANGER])
        .exits(1)
        .snapshot("author/rejects_retiring_last_or_unknown_identity-2");
    assert!(ran.stderr.contains(AUTHOR), "{ran:#?}");
    enrolling
        .run(
            "author",
            &[
                "retire",
                AUTHOR,
                "--compromised-since",
                "2999-01-01T00:00:00Z",
            ],
        )
        .exits(2)
        .snapshot("author/rejects_retiring_last_or_unknown_identity-3");
    enrolling
        .run("author", &["retire", AUTHOR, "--even-the-last"])
        .exits(0)
        .snapshot("author/rejects_retiring_last_or_unknown_identity-4");
    enrolling
        .run("author", &["require-signed", "--undo"])
        .exits(1);
}

#[test]
fn resumes_record_upload_without_signing_again() {
    let enrolling = Enrolling::new();
    enrolling
        .run("author", &["enroll", "--no-upload"])
        .exits(0)
        .snapshot("author/resumes_record_upload_without_signing_again");
    let kept = fs::read(enrolling.world.path(&record(1))).unwrap();
    assert!(enrolling.published(1).is_none());
    // Making it again would lose it.
    let ran = enrolling.run("author", &["enroll"]).exits(1);
    assert!(ran.stderr.contains("author upload"), "{ran:#?}");
    for number in 0..2 {
        let name = format!("author/resumes_record_upload_without_signing_again-look-{number}");
        enrolling
            .look(&["upload", &record(1)])
            .exits(0)
            .snapshot(&name);
        enrolling.assert_published(1);
    }
    assert_eq!(fs::read(enrolling.world.path(&record(1))).unwrap(), kept);
    // Each file went once.
    assert_eq!(enrolling.world.uploads().len(), 2);
}

#[test]
fn uploads_no_file_that_is_no_record() {
    let enrolling = Enrolling::new();
    enrolling.run("author", &["enroll", "--no-upload"]).exits(0);
    let user = &enrolling.world;
    fs::copy(user.path(&record(1)), user.path(&record(2))).unwrap();
    for (name, said) in [
        (record(2), "belongs in"),
        ("none.json".into(), "no such file"),
    ] {
        let ran = enrolling.look(&["upload", &name]).exits(1);
        let ran = ran.snapshot(&format!("author/uploads_no_file_that_is_no_record-{name}"));
        assert!(ran.stderr.contains(said), "{ran:#?}");
    }
    fs::remove_file(user.path(&format!("{}.sigstore.json", record(1)))).unwrap();
    let ran = enrolling
        .look(&["upload", &record(1)])
        .exits(1)
        .snapshot("author/uploads_no_file_that_is_no_record");
    assert!(ran.stderr.contains("bundle"), "{ran:#?}");
    assert!(enrolling.world.uploads().is_empty());
}

#[test]
fn signs_no_release_with_identity_not_in_record() {
    let enrolling = Enrolling::new();
    enrolling.run("author", &["enroll"]).exits(0);
    let release = |account: &str| {
        let token = enrolling.world.sandbox.token(account).unwrap();
        let mut command = enrolling.world.releasing(&[]);
        command.env("SIGSTORE_ID_TOKEN", token);
        Ran::of(command.output().unwrap())
    };
    let ran = release("stranger")
        .exits(12)
        .snapshot("author/signs_no_release_with_identity_not_in_record");
    assert!(
        ran.stderr.contains(AUTHOR) && ran.stderr.contains(STRANGER),
        "{ran:#?}"
    );
    assert!(!enrolling.world.bundle().exists());
    release("author").exits(0);
}
