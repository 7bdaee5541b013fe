//! `--wait`: what is published is what was signed, or there is an alarm.

use std::process::Stdio;

use cpan_sigstore_sandbox::{Fault, pause::PauseMisbehaviour};

use super::{
    author::{Author, BUNDLE, HOME, ID},
    release::WAIT,
};
use crate::harness::{FILE, Ran, until};

/// A release, watched, with a PAUSE that does something wrong.
fn watched(wrong: PauseMisbehaviour) -> (Author, Ran) {
    let author = Author::new();
    author.user.sandbox.pause.misbehaviour().set(wrong);
    let ran = author.release(&[&WAIT[..], &["--json"]].concat());
    (author, ran)
}

#[test]
fn published_bytes_that_differ_raise_the_alarm() {
    let (author, ran) = watched(PauseMisbehaviour::ChangedBytes);
    let ran = ran.exits(11);
    assert_eq!(ran.code(), "artifact-mismatch");
    let json = ran.json();
    assert!(json["file"].as_str().unwrap().ends_with(FILE));
    assert!(
        json["hint"]
            .as_str()
            .unwrap()
            .contains("do not announce it")
    );
    // For people too, and each time it is looked at.
    let ran = author.release(&WAIT).exits(1);
    assert!(ran.stderr.contains("published there"), "{ran:#?}");
}

#[test]
fn a_bundle_that_was_swapped_raises_the_alarm() {
    let (_, ran) = watched(PauseMisbehaviour::SwappedBundle);
    let ran = ran.exits(11);
    assert!(ran.stderr.contains("whoever put it there"), "{ran:#?}");
}

#[test]
fn a_bundle_swapped_for_a_strangers_valid_one_raises_the_alarm() {
    let author = Author::new();
    author
        .user
        .sign_as("stranger", &["--bundle", "theirs.json", FILE])
        .exits(0);
    let pause = &author.user.sandbox.pause;
    pause.hold();
    let child = author
        .releasing(&[&WAIT[..], &["--json"]].concat())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    until(|| author.uploads().len() == 2);
    // Whoever holds the account can put another bundle there, before anybody has seen the first.
    let theirs = std::fs::read(author.user.path("theirs.json")).unwrap();
    assert_eq!(pause.publish_next().unwrap(), format!("{HOME}/{BUNDLE}"));
    pause.publish(ID, BUNDLE, theirs);
    pause.release();
    let ran = Ran::of(child.wait_with_output().unwrap()).exits(12);
    assert_eq!(ran.code(), "identity-mismatch");
}

#[test]
fn checksums_that_speak_of_other_bytes_raise_the_alarm() {
    let (_, ran) = watched(PauseMisbehaviour::WrongChecksums);
    let ran = ran.exits(11);
    assert!(
        ran.json()["file"].as_str().unwrap().ends_with("/CHECKSUMS"),
        "{ran:#?}"
    );
}

#[test]
fn a_bundle_that_is_never_published_is_no_success() {
    let author = Author::new();
    let pause = &author.user.sandbox.pause;
    pause.misbehaviour().set(PauseMisbehaviour::DroppedBundle);
    let ran = author
        .release(&[&WAIT[..], &["--patience", "0"]].concat())
        .exits(3);
    assert!(ran.stderr.contains("the bundle"), "{ran:#?}");
    assert!(!ran.stderr.contains("the archive,"), "{ran:#?}");
}

#[test]
fn unsigned_checksums_are_data_all_the_same() {
    let (_, ran) = watched(PauseMisbehaviour::UnsignedChecksums);
    ran.exits(0);
}

#[test]
fn it_waits_until_the_queue_has_come_so_far() {
    let author = Author::new();
    let pause = &author.user.sandbox.pause;
    pause.hold();
    let child = author
        .releasing(&WAIT)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let cpan = &author.user.sandbox.services.cpan;
    let look = |more: usize| {
        let seen = cpan.requests().len();
        until(|| cpan.requests().len() >= seen + more);
    };
    until(|| author.uploads().len() == 2);
    look(6);
    pause.publish_next();
    look(6);
    pause.publish_next();
    let ran = Ran::of(child.wait_with_output().unwrap()).exits(0);
    assert!(
        ran.stderr.contains("waiting for the archive, the bundle"),
        "{ran:#?}"
    );
    assert!(ran.stdout.starts_with("published"), "{ran:#?}");
}

#[test]
fn a_mirror_that_is_away_for_a_while_does_not_end_the_wait() {
    let author = Author::new();
    let faults = author.user.sandbox.services.cpan.faults();
    // Three looks before the uploads, one of them for a record of the author; then away for longer than one request is tried again.
    faults.after(3, 5, Fault::DropConnection);
    let ran = author.release(&WAIT).exits(0);
    assert!(ran.stderr.contains("still waiting"), "{ran:#?}");
    author.assert_published();
}
