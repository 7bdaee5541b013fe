//! `release` is killed at each of its steps and run again: it ends published, once, with a bundle that
//! is for the bytes.

use std::{process::Stdio, time::Duration};

use cpan_sigstore_sandbox::{Fault, Service};

use super::single::WAIT;
use crate::{
    fixtures::author::BUNDLE,
    harness::{FILE, World, until},
};

const FOREVER: Fault = Fault::Slow(Duration::from_secs(3600));

/// Kills a release as soon as `killed` says so.
fn kill_when(author: &World, killed: impl Fn() -> bool) {
    let mut child = author
        .releasing(&WAIT)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    until(|| {
        let ended = child.try_wait().unwrap();
        assert!(ended.is_none(), "it ended before it was killed");
        killed()
    });
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Runs it again, and looks at the end.
#[track_caller]
fn ends_published_once(author: &World) {
    author.release(&WAIT).exits(0);
    author.assert_published();
    author.verify_file(&[]).exits(0);
    let uploads = author.uploads();
    let archives = uploads.iter().filter(|name| *name == FILE).count();
    assert_eq!(archives, 1, "{uploads:?}");
    // Nobody could find the archive without its bundle.
    assert_eq!(
        uploads.first().map(String::as_str),
        Some(BUNDLE),
        "{uploads:?}"
    );
    assert_eq!(
        uploads.last().map(String::as_str),
        Some(FILE),
        "{uploads:?}"
    );
}

fn killed_while_asking(service: fn(&World) -> &Service, undisturbed: usize) {
    let author = World::new().with_account();
    service(&author)
        .faults()
        .after(undisturbed, usize::MAX, FOREVER);
    kill_when(&author, || service(&author).requests().len() > undisturbed);
    service(&author).faults().clear();
    ends_published_once(&author);
}

#[test]
fn resumes_after_kill_during_name_check() {
    killed_while_asking(|author| &author.sandbox.services.cpan, 0);
}

#[test]
fn resumes_after_kill_during_signing() {
    killed_while_asking(|author| &author.sandbox.services.ca, 0);
    killed_while_asking(|author| &author.sandbox.services.rekor_v2, 0);
    killed_while_asking(|author| &author.sandbox.services.tsa, 0);
}

#[test]
fn resumes_after_kill_during_login_and_uploads() {
    for undisturbed in 0..5 {
        killed_while_asking(|author| &author.sandbox.services.pause, undisturbed);
    }
}

#[test]
fn resumes_after_kill_during_wait() {
    // Asked for whether the name is free, before and after signing; then for what is published.
    for undisturbed in [2, 3, 4] {
        killed_while_asking(|author| &author.sandbox.services.cpan, undisturbed);
    }
}

#[test]
fn resumes_after_kill_before_pause_confirmed() {
    // The login, a look and the upload of the bundle; a look and the upload of the archive.
    for (count, undisturbed) in [(1, 2), (2, 4)] {
        let author = World::new().with_account();
        let pause = &author.sandbox.services.pause;
        pause
            .faults()
            .after(undisturbed, usize::MAX, Fault::DropAnswer);
        kill_when(&author, || author.uploads().len() >= count);
        pause.faults().clear();
        ends_published_once(&author);
    }
}

#[test]
fn resumes_after_kill_before_publication() {
    let author = World::new().with_account();
    let pause = &author.sandbox.pause;
    pause.hold();
    let cpan = &author.sandbox.services.cpan;
    // Two looks before the uploads, and some after them.
    kill_when(&author, || cpan.requests().len() > 8);
    assert_eq!(author.uploads(), [BUNDLE]);
    pause.release();
    ends_published_once(&author);
}

#[test]
fn resumes_after_kill_at_any_moment() {
    for round in 0..16u32 {
        let author = World::new().with_account();
        let logged = &author.sandbox.services.rekor_v2;
        let mut child = author
            .releasing(&WAIT)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        until(|| !logged.requests().is_empty());
        // Each round a little later than the one before, from the log's answer to the end.
        for _ in 0..round * round * 40 {
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        ends_published_once(&author);
    }
}
