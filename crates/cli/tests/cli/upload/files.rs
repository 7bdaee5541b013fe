//! `upload`: each answer of PAUSE, and what is never sent.

use std::fs;

use cpan_sigstore_sandbox::{Fault, pause::PauseMisbehaviour};

use crate::fixtures::author::{BUNDLE, ID, distribution};
use crate::harness::{AUTHOR, FILE, World};

#[test]
fn uploads_bundle_before_archive_once_each() {
    let author = World::new().with_account();
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
fn uploads_several_archives_into_subdirectory() {
    let author = World::new().with_account();
    let other = "Foo-Bar-1.03.tar.gz";
    author.write(other, &distribution("Foo-Bar", "1.03"));
    author
        .sign(&[FILE, other])
        .exits(0)
        .snapshot("upload/uploads_several_archives_into_subdirectory");
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
fn sends_nothing_in_dry_run() {
    let author = World::new().with_account();
    let ran = author
        .upload(&["--dry-run"])
        .exits(0)
        .snapshot("upload/sends_nothing_in_dry_run");
    assert!(ran.stdout.starts_with("nothing was uploaded"), "{ran:#?}");
    assert!(author.sandbox.services.pause.requests().is_empty());
}

#[test]
fn uploads_no_unsigned_archive() {
    let author = World::new().with_account();
    let ran = author
        .run(&["upload", FILE])
        .exits(10)
        .snapshot("upload/uploads_no_unsigned_archive");
    assert!(ran.stderr.contains("cpan-sigstore sign"), "{ran:#?}");
    assert!(author.uploads().is_empty());
}

#[test]
fn uploads_no_bundle_for_other_bytes() {
    let author = World::new().with_account();
    author.sign(&[FILE]).exits(0);
    author.write(FILE, &distribution("Foo-Bar", "1.02").repeat(1));
    let mut changed = distribution("Foo-Bar", "1.02");
    // The time in the head of a gzip: another file, with the same contents.
    changed[4] ^= 1;
    author.write(FILE, &changed);
    let ran = author.run(&["upload", "--json", FILE]).exits(11);
    assert_eq!(ran.code(), "artifact-mismatch");
    assert!(author.uploads().is_empty());
}

#[test]
fn uploads_no_signature_of_a_stranger() {
    let author = World::new().with_account();
    author.sign_as("stranger", &[FILE]).exits(0);
    let issuer = author.issuer();
    author
        .upload(&["--identity", AUTHOR, "--issuer", &issuer])
        .exits(12);
    assert!(author.uploads().is_empty());
}

#[test]
fn reports_wrong_password() {
    let author = World::new().with_account();
    author.write_dot_pause("user MYAUTHOR\npassword wrong\n");
    let ran = author
        .upload(&[])
        .exits(1)
        .snapshot("upload/reports_wrong_password");
    assert!(ran.stderr.contains("the password of MYAUTHOR"), "{ran:#?}");
    assert!(ran.stderr.contains("~/.pause"), "{ran:#?}");
    assert!(author.uploads().is_empty());
}

#[test]
fn accepts_existing_path_only_with_same_bytes() {
    let author = World::new().with_account();
    let pause = &author.sandbox.pause;
    pause.publish(ID, FILE, distribution("Foo-Bar", "1.02"));
    author
        .upload(&[])
        .exits(0)
        .snapshot("upload/accepts_existing_path_only_with_same_bytes");
    assert_eq!(author.uploads(), [BUNDLE]);

    let author = World::new().with_account();
    let pause = &author.sandbox.pause;
    pause.publish(ID, FILE, "others");
    let ran = author.upload(&[]).exits(1);
    assert!(ran.stderr.contains("published there"), "{ran:#?}");
    assert!(ran.stderr.contains("new version"), "{ran:#?}");
    assert!(author.uploads().is_empty());
}

#[test]
fn assumes_nothing_about_unpublished_name() {
    let author = World::new().with_account();
    let pause = &author.sandbox.pause;
    pause.hold();
    author.upload(&["--no-wait"]).exits(0);
    fs::remove_file(author.path("Foo-Bar-1.02.tar.gz.release.json")).unwrap();
    let ran = author
        .upload(&["--no-wait"])
        .exits(3)
        .snapshot("upload/assumes_nothing_about_unpublished_name");
    assert!(ran.stderr.contains("not published yet"), "{ran:#?}");
    assert!(ran.stderr.contains("--wait"), "{ran:#?}");
    pause.release();
    author.upload(&[]).exits(0);
    author.assert_published();
}

#[test]
fn rejects_base_name_in_another_subdirectory() {
    let author = World::new().with_account();
    let pause = &author.sandbox.pause;
    pause.publish(ID, &format!("old/{FILE}"), distribution("Foo-Bar", "1.02"));
    author.upload(&[]).exits(3);
    assert!(author.published(FILE).is_none());
    // The same of a bundle.
    let author = World::new().with_account();
    let pause = &author.sandbox.pause;
    pause.publish(ID, &format!("old/{BUNDLE}"), "{}");
    let ran = author
        .upload(&[])
        .exits(1)
        .snapshot("upload/rejects_base_name_in_another_subdirectory");
    assert!(ran.stderr.contains("another directory"), "{ran:#?}");
    assert!(author.uploads().is_empty());
}

#[test]
fn reports_other_database_error() {
    let author = World::new().with_account();
    let pause = &author.sandbox.pause;
    pause.misbehaviour().set(PauseMisbehaviour::DatabaseError);
    let ran = author
        .upload(&[])
        .exits(1)
        .snapshot("upload/reports_other_database_error");
    assert!(ran.stderr.contains("status 406"), "{ran:#?}");
}

#[test]
fn rejects_status_200_without_confirmation() {
    let author = World::new().with_account();
    let pause = &author.sandbox.pause;
    pause
        .misbehaviour()
        .set(PauseMisbehaviour::UnsuccessfulSuccess);
    let ran = author
        .upload(&[])
        .exits(1)
        .snapshot("upload/rejects_status_200_without_confirmation");
    assert!(ran.stderr.contains("confirm"), "{ran:#?}");
    assert!(author.uploads().is_empty());
    pause.misbehaviour().clear();
    author.upload(&[]).exits(0);
    author.assert_published();
}

#[test]
fn completes_upload_address_without_action() {
    let author = World::new().with_account();
    let uri = format!("{}/pause/authenquery", author.sandbox.services.pause.url());
    author.upload(&["--upload-uri", &uri]).exits(0);
    author.assert_published();
}

#[test]
fn sends_no_password_over_plain_http() {
    let author = World::new().with_account();
    let ran = author
        .upload(&["--upload-uri", "http://pause.example.org/pause/authenquery"])
        .exits(2)
        .snapshot("upload/sends_no_password_over_plain_http");
    assert!(ran.stderr.contains("https"), "{ran:#?}");
}

#[test]
fn retries_server_errors_and_dropped_connections() {
    for fault in [Fault::Status(503), Fault::DropConnection] {
        let author = World::new().with_account();
        let faults = author.sandbox.services.pause.faults();
        // After a look at what is published.
        faults.after(1, 1, fault.clone());
        author.upload(&[]).exits(0);
        assert_eq!(author.uploads(), [BUNDLE, FILE], "{fault:?}");
        author.assert_published();
    }
    // An answer that broke off says nothing: the bundle, which may be sent again, is sent again.
    let author = World::new().with_account();
    let faults = author.sandbox.services.pause.faults();
    faults.after(1, 1, Fault::TruncatedBody);
    author.upload(&[]).exits(0);
    assert_eq!(author.uploads(), [BUNDLE, BUNDLE, FILE]);
}

#[test]
fn succeeds_after_lost_answer() {
    let author = World::new().with_account();
    let faults = author.sandbox.services.pause.faults();
    // The archive is in the queue; its answer never came, and the next try finds its name taken.
    faults.after(3, 1, Fault::DropAnswer);
    author.upload(&[]).exits(0);
    assert_eq!(author.uploads(), [BUNDLE, FILE]);
    author.assert_published();
}

#[test]
fn resumes_after_failure_between_two_files() {
    let author = World::new().with_account();
    let faults = author.sandbox.services.pause.faults();
    faults.after(3, 1, Fault::Status(404));
    author
        .upload(&[])
        .exits(1)
        .snapshot("upload/resumes_after_failure_between_two_files-1");
    assert_eq!(author.uploads(), [BUNDLE]);
    author
        .upload(&[])
        .exits(0)
        .snapshot("upload/resumes_after_failure_between_two_files-2");
    assert_eq!(author.uploads(), [BUNDLE, FILE]);
    author.assert_published();
}

#[test]
fn rejects_subdirectory_that_pause_would_rename() {
    let author = World::new().with_account();
    let ran = author
        .upload(&["--subdirectory", "v1.0"])
        .exits(14)
        .snapshot("upload/rejects_subdirectory_that_pause_would_rename-1");
    assert!(ran.stdout.contains("name-characters"), "{ran:#?}");
    author
        .upload(&["--subdirectory", "../MYAUTHOR2"])
        .exits(2)
        .snapshot("upload/rejects_subdirectory_that_pause_would_rename-2");
    assert!(author.uploads().is_empty());
}
