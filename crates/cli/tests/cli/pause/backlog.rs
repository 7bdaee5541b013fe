//! `release --backlog`: old archives get their bundles.

use std::{fs, process::Stdio};

use cpan_sigstore_sandbox::Fault;

use super::author::{Author, HOME, ID, distribution};
use crate::harness::Ran;

const OLD: [&str; 3] = [
    "Foo-Bar-0.01.tar.gz",
    "Foo-Bar-0.02.tar.gz",
    "old/Foo-Bar-0.00.tar.gz",
];

/// An author with three old archives, one of them in a subdirectory.
fn author() -> Author {
    let author = Author::new();
    for name in OLD {
        author.user.sandbox.pause.publish(ID, name, bytes(name));
    }
    author
        .user
        .sandbox
        .pause
        .publish(ID, "README", "no archive");
    author
}

fn bytes(name: &str) -> Vec<u8> {
    distribution("Foo-Bar", &name[name.len() - 11..name.len() - 7])
}

fn command(author: &Author, args: &[&str]) -> std::process::Command {
    let mut command = author.command(&[&["release", "--backlog", ID], args].concat());
    command
        .env(
            "SIGSTORE_ID_TOKEN",
            author.user.sandbox.token("author").unwrap(),
        )
        .stdin(Stdio::null());
    command
}

fn backlog(author: &Author, args: &[&str]) -> Ran {
    Ran::of(command(author, args).output().unwrap())
}

/// Each archive is as it was, with a bundle that verifies beside it.
#[track_caller]
fn assert_signed(author: &Author, names: &[&str]) {
    for name in names {
        let published = |name: &str| author.user.sandbox.pause.file(&format!("{HOME}/{name}"));
        assert!(published(name).unwrap() == bytes(name), "{name}");
        fs::write(author.user.path("one.tar.gz"), bytes(name)).unwrap();
        let bundle = published(&format!("{name}.sigstore.json")).expect(name);
        fs::write(author.user.path("one.json"), bundle).unwrap();
        author
            .run(&[
                "verify",
                "one.tar.gz",
                "--bundle",
                "one.json",
                "--certificate-identity",
                crate::harness::AUTHOR,
                "--certificate-oidc-issuer",
                &author.user.issuer(),
            ])
            .exits(0);
    }
}

#[test]
fn every_archive_without_a_bundle_gets_one_in_one_login() {
    let author = author();
    let ran = backlog(&author, &["--accept-published", "--wait", "--poll", "0.01"]).exits(0);
    assert!(
        ran.stderr.contains("3 archives of MYAUTHOR have no bundle"),
        "{ran:#?}"
    );
    assert_signed(&author, &OLD);
    assert_eq!(author.uploads().len(), 3, "bundles alone");
    let services = &author.user.sandbox.services;
    assert_eq!(services.ca.requests().len(), 1);
    let ran = backlog(&author, &[]).exits(0);
    assert!(ran.stdout.starts_with("nothing to sign"), "{ran:#?}");
}

#[test]
fn nothing_is_signed_that_the_author_did_not_say_yes_to() {
    let author = author();
    let ran = backlog(&author, &[]).exits(2);
    let digest = hex::encode(crate::harness::sha256(&bytes(OLD[0])));
    assert!(ran.stderr.contains(&digest), "{ran:#?}");
    assert!(author.user.sandbox.services.ca.requests().is_empty());
}

#[test]
fn the_authors_own_copies_need_no_further_word() {
    let author = author();
    for (place, name) in [
        (OLD[0], OLD[0]),
        (OLD[1], OLD[1]),
        ("Foo-Bar-0.00.tar.gz", OLD[2]),
    ] {
        fs::create_dir_all(author.user.path("copies")).unwrap();
        fs::write(author.user.path("copies").join(place), bytes(name)).unwrap();
    }
    backlog(&author, &["--copies", "copies"]).exits(0);
    assert_signed(&author, &OLD);
}

#[test]
fn an_archive_that_differs_from_its_copy_is_not_signed() {
    let author = author();
    fs::create_dir_all(author.user.path("copies")).unwrap();
    fs::write(
        author.user.path("copies/Foo-Bar-0.02.tar.gz"),
        "what I made",
    )
    .unwrap();
    let ran = backlog(&author, &["--copies", "copies", "--accept-published"]).exits(11);
    assert!(ran.stdout.contains(OLD[1]), "{ran:#?}");
    assert_signed(&author, &[OLD[0], OLD[2]]);
    let bundle = format!("{HOME}/{}.sigstore.json", OLD[1]);
    assert!(author.user.sandbox.pause.file(&bundle).is_none());
}

#[test]
fn an_archive_that_is_gone_is_passed_over() {
    let author = author();
    author.user.sandbox.pause.delete(ID, OLD[1]);
    backlog(&author, &["--accept-published"]).exits(0);
    assert_signed(&author, &[OLD[0], OLD[2]]);
}

#[test]
fn what_was_interrupted_is_taken_up_without_signing_twice() {
    let author = author();
    let faults = author.user.sandbox.services.pause.faults();
    // The login, the first bundle, and then the second.
    faults.after(2, 1, Fault::Status(404));
    backlog(&author, &["--accept-published"]).exits(1);
    let logged = author.user.sandbox.services.rekor_v2.requests().len();
    assert_eq!(logged, 3);
    // What was signed was agreed to.
    backlog(&author, &[]).exits(0);
    assert_eq!(
        author.user.sandbox.services.rekor_v2.requests().len(),
        logged
    );
    assert_signed(&author, &OLD);
    assert_eq!(author.uploads().len(), 3);
}

#[test]
fn somebody_elses_backlog_is_not_signed() {
    let author = author();
    let mut command = author.command(&["release", "--backlog", "STRANGER"]);
    Ran::of(command.output().unwrap()).exits(2);
    let ran = author
        .run(&["release", "--backlog", "NOBODY", "--no-upload"])
        .exits(1);
    assert!(ran.stderr.contains("no such author"), "{ran:#?}");
}
