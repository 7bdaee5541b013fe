//! `upload`: each answer of PAUSE, and what is never sent.

use std::fs;

use cpan_sigstore_sandbox::{Fault, pause::PauseMisbehaviour};

use super::author::{Author, BUNDLE, ID, distribution};
use crate::harness::{AUTHOR, FILE};

#[test]
fn the_bundle_goes_before_its_archive_and_both_once() {
    let author = Author::new();
    let ran = author.upload(&[]).exits(0);
    assert!(
        ran.stdout.starts_with("uploaded: Foo-Bar-1.02.tar.gz\n"),
        "{ran:#?}"
    );
    assert!(ran.stdout.contains(AUTHOR), "{ran:#?}");
    assert_eq!(author.uploads(), [BUNDLE, FILE]);
    author.assert_published();
    // Once more it is the same success, and nothing is sent.
    author.upload(&[]).exits(0);
    assert_eq!(author.uploads().len(), 2);
}

#[test]
fn several_archives_go_into_a_subdirectory_in_one_run() {
    let author = Author::new();
    let other = "Foo-Bar-1.03.tar.gz";
    author.user.write(other, &distribution("Foo-Bar", "1.03"));
    author.user.sign(&[FILE, other]).exits(0);
    // The names of bundles stand for their archives, as in `upload Foo*`.
    let ran = author
        .run(&[
            "upload",
            "--json",
            "--subdirectory",
            "old",
            FILE,
            BUNDLE,
            other,
        ])
        .exits(0);
    let lines: Vec<serde_json::Value> = ran
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["stage"], "uploaded");
    assert_eq!(lines[0]["author"], ID);
    assert!(
        lines[1]["url"]
            .as_str()
            .unwrap()
            .ends_with("/authors/id/M/MY/MYAUTHOR/old/Foo-Bar-1.03.tar.gz")
    );
    assert_eq!(author.uploads().len(), 4);
    assert!(author.uploads().iter().all(|path| path.starts_with("old/")));
}

#[test]
fn with_a_dry_run_nothing_is_sent_and_nobody_is_asked() {
    let author = Author::new();
    author.write_dot_pause("");
    let ran = author.upload(&["--dry-run"]).exits(0);
    assert!(ran.stdout.starts_with("nothing was uploaded"), "{ran:#?}");
    assert!(author.user.sandbox.services.pause.requests().is_empty());
}

#[test]
fn an_unsigned_archive_is_not_uploaded() {
    let author = Author::new();
    let ran = author.run(&["upload", FILE]).exits(10);
    assert!(ran.stderr.contains("cpan-sigstore sign"), "{ran:#?}");
    assert!(author.uploads().is_empty());
}

#[test]
fn a_bundle_for_other_bytes_is_not_uploaded() {
    let author = Author::new();
    author.user.sign(&[FILE]).exits(0);
    author
        .user
        .write(FILE, &distribution("Foo-Bar", "1.02").repeat(1));
    let mut changed = distribution("Foo-Bar", "1.02");
    // The time in the head of a gzip: another file, with the same contents.
    changed[4] ^= 1;
    author.user.write(FILE, &changed);
    let ran = author.run(&["upload", "--json", FILE]).exits(11);
    assert_eq!(ran.code(), "artifact-mismatch");
    assert!(author.uploads().is_empty());
}

#[test]
fn a_strangers_valid_signature_is_not_uploaded_as_the_authors() {
    let author = Author::new();
    author.user.sign_as("stranger", &[FILE]).exits(0);
    let issuer = author.user.issuer();
    author
        .upload(&["--identity", AUTHOR, "--issuer", &issuer])
        .exits(12);
    assert!(author.uploads().is_empty());
}

#[test]
fn a_bad_password_is_said_to_be_one() {
    let author = Author::new();
    author.write_dot_pause("user MYAUTHOR\npassword wrong\n");
    let ran = author.upload(&[]).exits(1);
    assert!(ran.stderr.contains("the password of MYAUTHOR"), "{ran:#?}");
    assert!(ran.stderr.contains("~/.pause"), "{ran:#?}");
    assert!(author.uploads().is_empty());
}

#[test]
fn a_path_that_exists_with_the_same_bytes_is_a_success_and_with_others_an_error() {
    let author = Author::new();
    let pause = &author.user.sandbox.pause;
    pause.publish(ID, FILE, distribution("Foo-Bar", "1.02"));
    author.upload(&[]).exits(0);
    assert_eq!(author.uploads(), [BUNDLE]);

    let author = Author::new();
    let pause = &author.user.sandbox.pause;
    pause.publish(ID, FILE, "others");
    let ran = author.upload(&[]).exits(1);
    assert!(ran.stderr.contains("published there"), "{ran:#?}");
    assert!(ran.stderr.contains("new version"), "{ran:#?}");
    assert!(author.uploads().is_empty());
}

#[test]
fn a_name_that_waits_to_be_published_is_not_taken_for_ours() {
    let author = Author::new();
    let pause = &author.user.sandbox.pause;
    pause.hold();
    author.upload(&[]).exits(0);
    fs::remove_file(author.user.path("Foo-Bar-1.02.tar.gz.release.json")).unwrap();
    let ran = author.upload(&[]).exits(3);
    assert!(ran.stderr.contains("not published yet"), "{ran:#?}");
    assert!(ran.stderr.contains("--wait"), "{ran:#?}");
    pause.release();
    author.upload(&[]).exits(0);
    author.assert_published();
}

#[test]
fn a_base_name_in_another_subdirectory_is_no_success() {
    let author = Author::new();
    let pause = &author.user.sandbox.pause;
    pause.publish(ID, &format!("old/{FILE}"), distribution("Foo-Bar", "1.02"));
    author.upload(&[]).exits(3);
    assert!(author.published(FILE).is_none());
    // The same of a bundle.
    let author = Author::new();
    let pause = &author.user.sandbox.pause;
    pause.publish(ID, &format!("old/{BUNDLE}"), "{}");
    let ran = author.upload(&[]).exits(1);
    assert!(ran.stderr.contains("another directory"), "{ran:#?}");
    assert!(author.uploads().is_empty());
}

#[test]
fn another_database_error_is_told() {
    let author = Author::new();
    let pause = &author.user.sandbox.pause;
    pause.misbehaviour().set(PauseMisbehaviour::DatabaseError);
    let ran = author.upload(&[]).exits(1);
    assert!(ran.stderr.contains("status 406"), "{ran:#?}");
}

#[test]
fn a_200_without_its_words_is_no_success() {
    let author = Author::new();
    let pause = &author.user.sandbox.pause;
    pause
        .misbehaviour()
        .set(PauseMisbehaviour::UnsuccessfulSuccess);
    let ran = author.upload(&[]).exits(1);
    assert!(ran.stderr.contains("confirm"), "{ran:#?}");
    assert!(author.uploads().is_empty());
    pause.misbehaviour().clear();
    author.upload(&[]).exits(0);
    author.assert_published();
}

#[test]
fn an_address_without_the_action_is_completed() {
    let author = Author::new();
    let uri = format!(
        "{}/pause/authenquery",
        author.user.sandbox.services.pause.url()
    );
    author.upload(&["--upload-uri", &uri]).exits(0);
    author.assert_published();
}

#[test]
fn a_password_is_not_sent_in_the_open() {
    let author = Author::new();
    let ran = author
        .upload(&["--upload-uri", "http://pause.example.org/pause/authenquery"])
        .exits(2);
    assert!(ran.stderr.contains("https"), "{ran:#?}");
}

#[test]
fn server_errors_and_dropped_connections_are_tried_again() {
    for fault in [Fault::Status(503), Fault::DropConnection] {
        let author = Author::new();
        let faults = author.user.sandbox.services.pause.faults();
        faults.next(1, fault.clone());
        author.upload(&[]).exits(0);
        assert_eq!(author.uploads(), [BUNDLE, FILE], "{fault:?}");
        author.assert_published();
    }
    // An answer that broke off says nothing: the bundle, which may be sent again, is sent again.
    let author = Author::new();
    let faults = author.user.sandbox.services.pause.faults();
    faults.next(1, Fault::TruncatedBody);
    author.upload(&[]).exits(0);
    assert_eq!(author.uploads(), [BUNDLE, BUNDLE, FILE]);
}

#[test]
fn an_answer_that_is_lost_ends_as_one_that_came() {
    let author = Author::new();
    let faults = author.user.sandbox.services.pause.faults();
    // The archive is in the queue; its answer never came, and the next try finds its name taken.
    faults.after(1, 1, Fault::DropAnswer);
    author.upload(&[]).exits(0);
    assert_eq!(author.uploads(), [BUNDLE, FILE]);
    author.assert_published();
}

#[test]
fn a_failure_between_the_two_files_is_taken_up_again() {
    let author = Author::new();
    let faults = author.user.sandbox.services.pause.faults();
    faults.after(1, 1, Fault::Status(404));
    author.upload(&[]).exits(1);
    assert_eq!(author.uploads(), [BUNDLE]);
    author.upload(&[]).exits(0);
    assert_eq!(author.uploads(), [BUNDLE, FILE]);
    author.assert_published();
}

#[test]
fn a_subdirectory_that_pause_would_rename_is_refused() {
    let author = Author::new();
    let ran = author.upload(&["--subdirectory", "v1.0"]).exits(14);
    assert!(ran.stdout.contains("name-characters"), "{ran:#?}");
    author.upload(&["--subdirectory", "../MYAUTHOR2"]).exits(2);
    assert!(author.uploads().is_empty());
}
