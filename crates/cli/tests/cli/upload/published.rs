//! `--wait`: what is published is what was signed, or there is an alarm.

use std::process::Stdio;

use cpan_sigstore_sandbox::{Fault, pause::PauseMisbehaviour};

use crate::{
    fixtures::author::{BUNDLE, HOME, ID},
    harness::{FILE, Ran, World, until},
    release::single::WAIT,
};

/// A release, watched, with a PAUSE that does something wrong.
fn watched(wrong: PauseMisbehaviour) -> (World, Ran) {
    let author = World::new().with_account();
    author.sandbox.pause.misbehaviour().set(wrong);
    let ran = author.release(&[&WAIT[..], &["--json"]].concat());
    (author, ran)
}

#[test]
fn reports_published_bytes_that_differ() {
    let (author, ran) = watched(PauseMisbehaviour::ChangedBytes);
    let ran = ran.exits(11);
    assert_eq!(ran.code(), "artifact-mismatch");
    let json = ran.json();
    assert!(json["file"].as_str().unwrap().ends_with(FILE));
    assert!(
        json["hint"]
            .as_str()
            .unwrap()
            .contains("do not announce this release: another account")
    );
    // In the text for people too, and on every run.
    let ran = author.release(&WAIT).exits(1);
    assert!(ran.stderr.contains("published there"), "{ran:#?}");
}

#[test]
fn reports_published_bundle_that_was_swapped() {
    let (_, ran) = watched(PauseMisbehaviour::SwappedBundle);
    let ran = ran.exits(11);
    assert!(ran.stderr.contains("somebody else has access"), "{ran:#?}");
}

#[test]
fn reports_published_bundle_of_a_stranger() {
    let author = World::new().with_account();
    author
        .sign_as("stranger", &["--bundle", "theirs.json", FILE])
        .exits(0);
    let pause = &author.sandbox.pause;
    pause.hold();
    let child = author
        .releasing(&[&WAIT[..], &["--json"]].concat())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    until(|| author.uploads().len() == 1);
    assert_eq!(pause.publish_next().unwrap(), format!("{HOME}/{BUNDLE}"));
    until(|| author.uploads().len() == 2);
    // The holder of the account can replace the bundle before anybody has seen both.
    let theirs = std::fs::read(author.path("theirs.json")).unwrap();
    pause.publish(ID, BUNDLE, theirs);
    pause.release();
    let ran = Ran::of(child.wait_with_output().unwrap()).exits(12);
    assert_eq!(ran.code(), "identity-mismatch");
}

#[test]
fn reports_checksums_of_other_bytes() {
    let (_, ran) = watched(PauseMisbehaviour::WrongChecksums);
    let ran = ran.exits(11);
    assert!(
        ran.json()["file"].as_str().unwrap().ends_with("/CHECKSUMS"),
        "{ran:#?}"
    );
}

#[test]
fn fails_for_bundle_that_is_never_published() {
    let author = World::new().with_account();
    let pause = &author.sandbox.pause;
    pause.misbehaviour().set(PauseMisbehaviour::DroppedBundle);
    let ran = author
        .release(&[&WAIT[..], &["--patience", "0"]].concat())
        .exits(3)
        .snapshot("upload/fails_for_bundle_that_is_never_published");
    assert!(ran.stderr.contains(BUNDLE), "{ran:#?}");
    // Nobody finds the archive without it.
    assert_eq!(author.uploads(), [BUNDLE]);
}

#[test]
fn compares_unsigned_checksums() {
    let (_, ran) = watched(PauseMisbehaviour::UnsignedChecksums);
    ran.exits(0);
}

#[test]
fn waits_for_queue_of_pause() {
    let author = World::new().with_account();
    let pause = &author.sandbox.pause;
    pause.hold();
    let child = author
        .releasing(&WAIT)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let cpan = &author.sandbox.services.cpan;
    let look = |more: usize| {
        let seen = cpan.requests().len();
        until(|| cpan.requests().len() >= seen + more);
    };
    until(|| author.uploads().len() == 1);
    look(6);
    assert_eq!(author.uploads(), [BUNDLE]);
    pause.publish_next();
    until(|| author.uploads().len() == 2);
    look(6);
    pause.publish_next();
    let mut ran = Ran::of(child.wait_with_output().unwrap()).exits(0);
    // What is still missing after the first look depends on the moment of the next one.
    let is_later = |line: &&str| {
        line.starts_with("waiting for ")
            && !line.starts_with("waiting for the archive, the archive")
    };
    let lines = ran.stderr.lines().filter(|line| !is_later(line));
    ran.stderr = lines.map(|line| format!("{line}\n")).collect();
    let ran = ran.snapshot("upload/waits_for_queue_of_pause");
    assert!(
        ran.stderr.contains("waiting until PAUSE has published"),
        "{ran:#?}"
    );
    assert!(ran.stdout.starts_with("published"), "{ran:#?}");
}

#[test]
fn waits_on_while_mirror_is_unreachable() {
    let author = World::new().with_account();
    let faults = author.sandbox.services.cpan.faults();
    // Four looks before the uploads, one of them for a record of the author; then away for longer than one request is tried again.
    faults.after(4, 5, Fault::DropConnection);
    let ran = author
        .release(&WAIT)
        .exits(0)
        .snapshot("upload/waits_on_while_mirror_is_unreachable");
    assert!(ran.stderr.contains("still waiting"), "{ran:#?}");
    author.assert_published();
}
