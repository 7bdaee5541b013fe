//! The gap between an archive and its bundle, and the records of an author for a local file.

use std::fs;

use cpan_sigstore_sandbox::{Fault, PauseMisbehaviour};
use jiff::SignedDuration;

use crate::fixtures::{
    author::{BUNDLE, ID, distribution},
    shop::RELEASE,
};
use crate::harness::{FILE, World};

/// An author who signs, whose next release waits at PAUSE, with its bundle.
fn uploaded() -> World {
    let author = World::new().with_account();
    author.publish_release("1.01");
    author.found(&["MYAUTHOR/Foo-Bar-1.01.tar.gz"], 0);
    author.sandbox.pause.hold();
    author.upload(&["--no-wait"]).exits(0);
    author
}

#[test]
fn verify_waits_for_bundle_of_a_young_archive() {
    let author = uploaded();
    let pause = &author.sandbox.pause;
    // PAUSE publishes the archive first.
    pause.step();
    assert!(author.published(BUNDLE).is_none());
    let ran = author
        .verify(&[RELEASE])
        .exits(3)
        .snapshot("verify/verify_waits_for_bundle_of_a_young_archive");
    assert!(ran.stdout.starts_with("unavailable: "), "{ran:#?}");
    pause.step();
    author.found(&[RELEASE], 0);
}

#[test]
fn judges_an_archive_whose_bundle_is_overdue() {
    let author = uploaded();
    let pause = &author.sandbox.pause;
    pause.clock().set_offset(SignedDuration::from_mins(-16));
    pause.step();
    let json = author.found(&[RELEASE], 13);
    assert_eq!(json["finding"], "downgrade");
}

#[test]
fn judges_a_release_at_once_that_has_lost_its_bundle() {
    let author = World::new().with_account();
    author.upload(&[]).exits(0);
    author.found(&[RELEASE], 0);
    author.sandbox.pause.delete(ID, BUNDLE);
    // It is young, and the mirror says so for ever.
    let pause = &author.sandbox.pause;
    pause.misbehaviour().set(PauseMisbehaviour::YoungForever);
    let json = author.found(&[RELEASE], 13);
    assert_eq!(json["finding"], "downgrade");
}

#[test]
fn mirror_refuses_a_young_archive_until_its_bundle_is_there() {
    let author = uploaded();
    let pause = &author.sandbox.pause;
    pause.misbehaviour().set(PauseMisbehaviour::YoungForever);
    pause.publish_next();
    let install = [
        "exec", "--", "cpanm", "--quiet", "--notest", "-l", "perl", RELEASE,
    ];
    let ran = author.run(&install).exits(3);
    assert!(ran.stderr.contains("is judged without one"), "{ran:#?}");
    assert!(!author.path("perl/lib/perl5/Foo/Bar.pm").exists());
    pause.publish_all();
    author.run(&install).exits(0);
}

#[test]
fn finds_record_for_local_file() {
    let author = World::new().with_account();
    let token = author.sandbox.token("author").unwrap();
    author
        .run(&["author", "enroll", "--yes", "--identity-token", &token])
        .exits(0);
    author.sign(&[FILE]).exits(0);
    let elsewhere = author.path("elsewhere");
    let elsewhere = elsewhere.to_str().unwrap();
    let verify = |bundle: &str, args: &[&str]| {
        let base = ["verify", FILE, "--author", ID, "--json", "--bundle", bundle];
        let mut command = author.command(&[&base[..], args].concat());
        command.env("CPAN_SIGSTORE_DATA", elsewhere);
        crate::harness::Ran::of(command.output().unwrap())
    };
    // A machine that knows nothing decides as `verify ID/FILE` does.
    author
        .sign_as("stranger", &["--bundle", "theirs.json", FILE])
        .exits(0);
    let without_record = verify("theirs.json", &["--offline"]).exits(0).json();
    assert_eq!(without_record["finding"], "identity-unknown");
    let theirs = verify("theirs.json", &[]).exits(12).json();
    assert_eq!(theirs["finding"], "identity-mismatch");
    let own = verify(BUNDLE, &[]).json();
    let pause = &author.sandbox.pause;
    pause.publish(ID, FILE, distribution("Foo-Bar", "1.02"));
    pause.publish(ID, BUNDLE, fs::read(author.bundle()).unwrap());
    let mut command = author.command(&["verify", RELEASE, "--json"]);
    command.env("CPAN_SIGSTORE_DATA", author.path("fresh"));
    let by_path = crate::harness::Ran::of(command.output().unwrap())
        .exits(0)
        .json();
    for field in ["finding", "decision", "reasons"] {
        assert_eq!(own[field], by_path[field]);
    }
    // Nobody can hide the record by breaking the connection.
    let faults = author.sandbox.services.cpan.faults();
    faults.always(Fault::Status(404));
    verify("theirs.json", &[]).exits(0);
    faults.always(Fault::busy());
    let ran = verify("theirs.json", &[]).exits(3);
    assert!(ran.stderr.contains("--offline"), "{ran:#?}");
}
