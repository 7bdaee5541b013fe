//! An archive is never published before its bundle, and dropped files are uploaded again.

use std::{fs, process::Stdio};

use cpan_sigstore_sandbox::pause::{AccountState, DaemonStep, PauseMisbehaviour};
use serde_json::Value;

use super::single::WAIT;
use crate::fixtures::author::{BUNDLE, HOME, ID};
use crate::harness::{FILE, Ran, World, until};

const POLL: [&str; 2] = ["--poll", "0.01"];
const JOURNAL: &str = "Foo-Bar-1.02.tar.gz.release.json";

fn path(name: &str) -> String {
    format!("{HOME}/{name}")
}

/// Runs a release while PAUSE's daemon works in its own order, until the release ends. Returns its steps.
fn released_by_daemon(author: &World, args: &[&str]) -> (Ran, Vec<DaemonStep>) {
    let pause = &author.sandbox.pause;
    pause.hold();
    let mut child = author
        .releasing(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut steps = Vec::new();
    until(|| {
        steps.extend(pause.step());
        child.try_wait().unwrap().is_some()
    });
    let ran = Ran::of(child.wait_with_output().unwrap());
    steps.extend(std::iter::from_fn(|| pause.step()));
    (ran, steps)
}

fn published(steps: &[DaemonStep]) -> Vec<String> {
    let paths = steps.iter().filter_map(|step| match step {
        DaemonStep::Published(path) => Some(path.clone()),
        _ => None,
    });
    paths.collect()
}

/// Changes the journal of the archive.
fn edit_journal(author: &World, edit: impl FnOnce(&mut Value)) {
    let text = fs::read(author.path(JOURNAL)).unwrap();
    let mut journal: Value = serde_json::from_slice(&text).unwrap();
    edit(&mut journal);
    fs::write(author.path(JOURNAL), journal.to_string()).unwrap();
}

#[test]
fn publishes_no_archive_before_its_bundle() {
    for args in [&POLL[..], &WAIT[..]] {
        let author = World::new().with_account();
        let (ran, steps) = released_by_daemon(&author, args);
        ran.exits(0);
        assert_eq!(published(&steps), [path(BUNDLE), path(FILE)]);
    }
    // With `--no-wait` there is a gap.
    let author = World::new().with_account();
    author.sandbox.pause.hold();
    author.release(&["--no-wait"]).exits(0);
    let steps = author.sandbox.pause.run_pass();
    assert_eq!(published(&steps), [path(FILE), path(BUNDLE)]);
}

#[test]
fn uploads_all_bundles_before_any_archive() {
    let author = World::new().with_account();
    let other = "Foo-Bar-1.03.tar.gz";
    author.write(
        other,
        &crate::fixtures::author::distribution("Foo-Bar", "1.03"),
    );
    author.sign(&[FILE, other]).exits(0);
    author
        .run(&["upload", FILE, other, "--poll", "0.01"])
        .exits(0);
    let bundles = [BUNDLE, "Foo-Bar-1.03.tar.gz.sigstore.json"];
    assert_eq!(author.uploads(), [bundles[0], bundles[1], FILE, other]);
}

#[test]
fn says_how_long_publication_takes() {
    let author = World::new().with_account();
    let pause = &author.sandbox.pause;
    pause.hold();
    author
        .release(&["--patience", "0"])
        .exits(3)
        .snapshot("release/says_how_long_publication_takes-1");
    // It resumes: nothing is signed or uploaded again.
    let logged = author.sandbox.services.rekor_v2.requests().len();
    pause.publish_all();
    author
        .release(&POLL)
        .exits(0)
        .snapshot("release/says_how_long_publication_takes-2");
    assert_eq!(author.sandbox.services.rekor_v2.requests().len(), logged);
    assert_eq!(author.uploads(), [BUNDLE, FILE]);
}

#[test]
fn waits_for_the_cpan_with_a_token() {
    let author = World::new().with_account();
    let token = author.sandbox.pause.token(ID).unwrap();
    author.write_dot_pause("");
    author.sandbox.pause.hold();
    let mut command = author.releasing(&["--patience", "0"]);
    let ran = Ran::of(command.env("PAUSE_TOKEN", &token).output().unwrap())
        .exits(3)
        .snapshot("release/waits_for_the_cpan_with_a_token");
    assert!(ran.stderr.contains("to a password only"), "{ran:#?}");
    author.sandbox.pause.release();
    let mut command = author.releasing(&POLL);
    Ran::of(command.env("PAUSE_TOKEN", &token).output().unwrap()).exits(0);
    assert_eq!(author.uploads(), [BUNDLE, FILE]);
}

#[test]
fn uploads_a_dropped_bundle_again() {
    let author = World::new().with_account();
    author.release(&WAIT).exits(0);
    author.sandbox.pause.delete(ID, BUNDLE);
    let ran = author
        .release(&WAIT)
        .exits(0)
        .snapshot("release/uploads_a_dropped_bundle_again");
    assert!(ran.stderr.contains("uploading it again"), "{ran:#?}");
    assert_eq!(author.uploads(), [BUNDLE, FILE, BUNDLE]);
    author.assert_published();
}

#[test]
fn uploads_a_release_again_that_pause_gave_up() {
    let author = World::new().with_account();
    let pause = &author.sandbox.pause;
    pause.hold();
    author.release(&["--no-wait"]).exits(0);
    pause.misbehaviour().set(PauseMisbehaviour::FailingFetch);
    for _ in 0..cpan_sigstore_sandbox::pause::MOST_TRIES {
        pause.run_pass();
    }
    pause.misbehaviour().clear();
    pause.release();
    assert!(author.published(FILE).is_none());
    edit_journal(&author, |journal| {
        for field in ["bundle-uploaded", "archive-uploaded"] {
            journal[field] = "2026-01-01T00:00:00Z".into();
        }
    });
    author
        .release(&WAIT)
        .exits(0)
        .snapshot("release/uploads_a_release_again_that_pause_gave_up");
    assert_eq!(author.uploads(), [BUNDLE, FILE, BUNDLE, FILE]);
    author.assert_published();
}

#[test]
fn keeps_waiting_for_an_old_upload_that_pause_still_has() {
    let author = World::new().with_account();
    let pause = &author.sandbox.pause;
    pause.hold();
    author.release(&["--no-wait"]).exits(0);
    edit_journal(&author, |journal| {
        journal["archive-uploaded"] = "2026-01-01T00:00:00Z".into();
    });
    pause.publish("OTHER", "notes.txt", "x");
    // PAUSE refuses the name, so that it has the archive.
    author.release(&["--no-wait"]).exits(0);
    pause.release();
    author.release(&WAIT).exits(0);
    author.assert_published();
}

#[test]
fn signs_nothing_for_an_account_that_cannot_upload() {
    for (state, snapshot) in [
        (AccountState::NoLogin, "disabled"),
        (AccountState::MustChangePassword, "new-password"),
    ] {
        let author = World::new().with_account();
        author.sandbox.pause.set_account_state(ID, state);
        author.release(&[]).exits(1).snapshot(&format!(
            "release/signs_nothing_for_an_account_that_cannot_upload-{snapshot}"
        ));
        assert!(author.sandbox.services.ca.requests().is_empty());
        assert!(author.uploads().is_empty());
    }
}

#[test]
fn reports_only_the_very_bundle_as_published() {
    let author = World::new().with_account();
    author.release(&WAIT).exits(0);
    let first = author.published(BUNDLE).unwrap();
    // The same signer again; PAUSE still publishes the first bundle.
    fs::remove_file(author.path(JOURNAL)).unwrap();
    author.sandbox.pause.hold();
    author
        .release(&["--force", "--wait", "--patience", "0"])
        .exits(3)
        .snapshot("release/reports_only_the_very_bundle_as_published");
    assert_eq!(author.published(BUNDLE), Some(first));
    author.sandbox.pause.release();
    author.release(&WAIT).exits(0);
    author.assert_published();
}

#[test]
fn reports_bytes_of_another_account_as_published() {
    let author = World::new().with_account();
    let pause = &author.sandbox.pause;
    pause.hold();
    author.release(&["--no-wait"]).exits(0);
    // One flat folder receives the files of all accounts.
    fs::create_dir(author.path("theirs")).unwrap();
    let mut theirs = fs::read(author.path(FILE)).unwrap();
    theirs[4] ^= 1;
    let file = format!("theirs/{FILE}");
    author.write(&file, &theirs);
    author.write("stranger", pause.dot_pause("STRANGER").unwrap().as_bytes());
    author.sign_as("stranger", &[&file]).exits(0);
    author
        .run(&["upload", "--pause-file", "stranger", "--no-wait", &file])
        .exits(0);
    pause.release();
    assert_eq!(author.published(FILE), Some(theirs));
    let ran = author
        .release(&WAIT)
        .exits(1)
        .snapshot("release/reports_bytes_of_another_account_as_published");
    assert!(ran.stderr.contains("published there"), "{ran:#?}");
}
