//! `backlog`: old archives get their bundles.

use std::{fs, process::Stdio};

use cpan_sigstore_sandbox::Fault;

use crate::fixtures::author::{HOME, ID, distribution};
use crate::harness::{Ran, World};

const OLD: [&str; 3] = [
    "Foo-Bar-0.01.tar.gz",
    "Foo-Bar-0.02.tar.gz",
    "old/Foo-Bar-0.00.tar.gz",
];

/// An author with three old archives, one of them in a subdirectory.
fn author() -> World {
    let author = World::new().with_account();
    for name in OLD {
        author.sandbox.pause.publish(ID, name, bytes(name));
    }
    author.sandbox.pause.publish(ID, "README", "no archive");
    author
}

fn bytes(name: &str) -> Vec<u8> {
    distribution("Foo-Bar", &name[name.len() - 11..name.len() - 7])
}

fn command(author: &World, args: &[&str]) -> std::process::Command {
    let mut command = author.command(&[&["backlog", ID], args].concat());
    command
        .env("SIGSTORE_ID_TOKEN", author.sandbox.token("author").unwrap())
        .stdin(Stdio::null());
    command
}

fn backlog(author: &World, args: &[&str]) -> Ran {
    Ran::of(command(author, args).output().unwrap())
}

/// Each archive is as it was, with a bundle that verifies beside it.
#[track_caller]
fn assert_signed(author: &World, names: &[&str]) {
    for name in names {
        let published = |name: &str| author.sandbox.pause.file(&format!("{HOME}/{name}"));
        assert!(published(name).unwrap() == bytes(name), "{name}");
        fs::write(author.path("one.tar.gz"), bytes(name)).unwrap();
        let bundle = published(&format!("{name}.sigstore.json")).expect(name);
        fs::write(author.path("one.json"), bundle).unwrap();
        author
            .run(&[
                "verify",
                "one.tar.gz",
                "--bundle",
                "one.json",
                "--certificate-identity",
                crate::harness::AUTHOR,
                "--certificate-oidc-issuer",
                &author.issuer(),
            ])
            .exits(0);
    }
}

#[test]
fn signs_whole_backlog_in_one_login() {
    let author = author();
    let ran = backlog(&author, &["--accept-published", "--wait", "--poll", "0.01"])
        .exits(0)
        .snapshot("release/signs_whole_backlog_in_one_login-1");
    assert!(
        ran.stderr.contains("3 archives of MYAUTHOR have no bundle"),
        "{ran:#?}"
    );
    assert_signed(&author, &OLD);
    assert_eq!(author.uploads().len(), 3, "bundles alone");
    let services = &author.sandbox.services;
    assert_eq!(services.ca.requests().len(), 1);
    let ran = backlog(&author, &[])
        .exits(0)
        .snapshot("release/signs_whole_backlog_in_one_login-2");
    assert!(ran.stdout.starts_with("nothing to sign"), "{ran:#?}");
}

#[test]
fn uploads_whole_backlog_before_the_first_wait() {
    let author = author();
    author.sandbox.pause.hold();
    let ran = backlog(
        &author,
        &["--accept-published", "--wait", "--patience", "0"],
    )
    .exits(3)
    .snapshot("release/uploads_whole_backlog_before_the_first_wait");
    let at = |text: &str| ran.stderr.find(text).expect(text);
    assert!(at("3 bundles will keep its queue busy") < at("uploaded "));
    assert!(ran.stderr.rfind("uploaded ").unwrap() < at("waiting for"));
    assert_eq!(author.uploads().len(), 3);
    // They are published while it waits, and nothing is uploaded twice.
    author.sandbox.pause.release();
    backlog(&author, &["--wait", "--poll", "0.01"]).exits(0);
    assert_signed(&author, &OLD);
    assert_eq!(author.uploads().len(), 3);
}

#[test]
fn signs_no_backlog_without_confirmation() {
    let author = author();
    let ran = backlog(&author, &[])
        .exits(2)
        .snapshot("release/signs_no_backlog_without_confirmation");
    let digest = hex::encode(crate::harness::sha256(&bytes(OLD[0])));
    assert!(ran.stderr.contains(&digest), "{ran:#?}");
    assert!(author.sandbox.services.ca.requests().is_empty());
}

#[test]
fn signs_backlog_that_matches_local_copies() {
    let author = author();
    for (place, name) in [
        (OLD[0], OLD[0]),
        (OLD[1], OLD[1]),
        ("Foo-Bar-0.00.tar.gz", OLD[2]),
    ] {
        fs::create_dir_all(author.path("copies")).unwrap();
        fs::write(author.path("copies").join(place), bytes(name)).unwrap();
    }
    backlog(&author, &["--copies", "copies"])
        .exits(0)
        .snapshot("release/signs_backlog_that_matches_local_copies");
    assert_signed(&author, &OLD);
}

#[test]
fn signs_no_archive_that_differs_from_copy() {
    let author = author();
    fs::create_dir_all(author.path("copies")).unwrap();
    fs::write(author.path("copies/Foo-Bar-0.02.tar.gz"), "what I made").unwrap();
    let ran = backlog(&author, &["--copies", "copies", "--accept-published"])
        .exits(11)
        .snapshot("release/signs_no_archive_that_differs_from_copy");
    assert!(ran.stdout.contains(OLD[1]), "{ran:#?}");
    assert_signed(&author, &[OLD[0], OLD[2]]);
    let bundle = format!("{HOME}/{}.sigstore.json", OLD[1]);
    assert!(author.sandbox.pause.file(&bundle).is_none());
}

#[test]
fn skips_archive_that_is_gone() {
    let author = author();
    author.sandbox.pause.delete(ID, OLD[1]);
    backlog(&author, &["--accept-published"])
        .exits(0)
        .snapshot("release/skips_archive_that_is_gone");
    assert_signed(&author, &[OLD[0], OLD[2]]);
}

#[test]
fn resumes_backlog_without_signing_twice() {
    let author = author();
    let faults = author.sandbox.services.pause.faults();
    // The login, two looks and the upload for the first bundle, two looks for the second, and then its upload.
    faults.after(6, 1, Fault::Status(404));
    backlog(&author, &["--accept-published"])
        .exits(1)
        .snapshot("release/resumes_backlog_without_signing_twice-1");
    let logged = author.sandbox.services.rekor_v2.requests().len();
    assert_eq!(logged, 3);
    // What was signed was agreed to.
    backlog(&author, &[])
        .exits(0)
        .snapshot("release/resumes_backlog_without_signing_twice-2");
    assert_eq!(author.sandbox.services.rekor_v2.requests().len(), logged);
    assert_signed(&author, &OLD);
    assert_eq!(author.uploads().len(), 3);
}

#[test]
fn signs_no_backlog_of_another_author() {
    let author = author();
    let mut command = author.command(&["backlog", "STRANGER"]);
    Ran::of(command.output().unwrap())
        .exits(2)
        .snapshot("release/signs_no_backlog_of_another_author-1");
    let ran = author
        .run(&["backlog", "NOBODY", "--no-upload"])
        .exits(1)
        .snapshot("release/signs_no_backlog_of_another_author-2");
    assert!(ran.stderr.contains("no such author"), "{ran:#?}");
}
