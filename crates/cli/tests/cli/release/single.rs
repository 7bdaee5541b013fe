//! `release`: from the archive to PAUSE in one command.

use std::fs;

use jiff::SignedDuration;

use crate::fixtures::author::{BUNDLE, ID, distribution};
use crate::harness::{AUTHOR, BYTES, FILE, World};

/// A wait that looks often.
pub const WAIT: [&str; 3] = ["--wait", "--poll", "0.01"];

#[test]
fn releases_archive_until_published() {
    let author = World::new().with_account();
    let ran = author
        .release(&WAIT)
        .exits(0)
        .snapshot("release/releases_archive_until_published");
    assert!(
        ran.stdout.starts_with("published: Foo-Bar-1.02.tar.gz\n"),
        "{ran:#?}"
    );
    assert!(ran.stdout.contains(AUTHOR), "{ran:#?}");
    assert_eq!(author.uploads(), [BUNDLE, FILE]);
    author.assert_published();
    author.verify_file(&[]).exits(0);
}

#[test]
fn prints_release_as_one_json_object() {
    let author = World::new().with_account();
    let json = author
        .release(&[&WAIT[..], &["--json"]].concat())
        .exits(0)
        .json();
    assert_eq!(json["stage"], "published");
    assert_eq!(json["author"], ID);
    assert_eq!(json["signer"]["subject"]["name"], AUTHOR);
    assert!(
        json["url"]
            .as_str()
            .unwrap()
            .ends_with("/authors/id/M/MY/MYAUTHOR/Foo-Bar-1.02.tar.gz")
    );
}

#[test]
fn stops_at_verified_bundle_without_upload() {
    let author = World::new().with_account();
    author.write_dot_pause("");
    let ran = author
        .release(&["--no-upload"])
        .exits(0)
        .snapshot("release/stops_at_verified_bundle_without_upload");
    assert!(ran.stdout.starts_with("signed: "), "{ran:#?}");
    author.verify_file(&[]).exits(0);
    assert!(author.sandbox.services.pause.requests().is_empty());
    assert!(author.sandbox.services.cpan.requests().is_empty());
}

#[test]
fn releases_no_unfit_archive() {
    let author = World::new().with_account();
    author.write(FILE, BYTES);
    author
        .release(&[])
        .exits(14)
        .snapshot("release/releases_no_unfit_archive");
    assert!(author.sandbox.services.ca.requests().is_empty());
    assert!(author.uploads().is_empty());
}

#[test]
fn rejects_login_of_another_before_logging() {
    let author = World::new().with_account();
    author
        .release(&["--identity", "other@example.org"])
        .exits(12)
        .snapshot("release/rejects_login_of_another_before_logging-1");
    author
        .release(&[
            "--identity",
            AUTHOR,
            "--issuer",
            "https://accounts.google.com",
        ])
        .exits(12)
        .snapshot("release/rejects_login_of_another_before_logging-2");
    assert!(author.sandbox.services.ca.requests().is_empty());
    let issuer = author.issuer();
    author
        .release(&["--identity", AUTHOR, "--issuer", &issuer])
        .exits(0)
        .snapshot("release/rejects_login_of_another_before_logging-3");
}

#[test]
fn rejects_missing_credentials_before_login() {
    let author = World::new().with_account();
    author.write_dot_pause("password half\n");
    author.release(&[]).exits(2);
    assert!(author.sandbox.services.ca.requests().is_empty());
}

#[test]
fn rejects_published_name_with_other_bytes() {
    let author = World::new().with_account();
    author.sandbox.pause.publish(ID, FILE, "others");
    let ran = author.release(&[]).exits(1);
    assert!(ran.stderr.contains("new version"), "{ran:#?}");
    assert!(author.sandbox.services.ca.requests().is_empty());
}

#[test]
fn releases_no_bundle_of_unknown_origin() {
    let author = World::new().with_account();
    author.sign_as("stranger", &[FILE]).exits(0);
    let ran = author
        .release(&[])
        .exits(1)
        .snapshot("release/releases_no_bundle_of_unknown_origin");
    assert!(ran.stderr.contains("--identity"), "{ran:#?}");
    // Compared with the author, it is refused.
    let issuer = author.issuer();
    author
        .release(&["--identity", AUTHOR, "--issuer", &issuer])
        .exits(12);
    assert!(author.uploads().is_empty());
    author.release(&["--force"]).exits(0);
    author.assert_published();
    author.verify_file(&[]).exits(0);
}

#[test]
fn releases_bundle_signed_before_by_author() {
    let author = World::new().with_account();
    author.sign(&[FILE]).exits(0);
    let logged = author.sandbox.services.rekor_v2.requests().len();
    let issuer = author.issuer();
    author
        .release(&["--identity", AUTHOR, "--issuer", &issuer])
        .exits(0)
        .snapshot("release/releases_bundle_signed_before_by_author");
    assert_eq!(author.sandbox.services.rekor_v2.requests().len(), logged);
    author.assert_published();
}

#[test]
fn signs_rebuilt_archive_until_it_was_uploaded() {
    let author = World::new().with_account();
    author.release(&["--no-upload"]).exits(0);
    let mut anew = distribution("Foo-Bar", "1.02");
    anew[4] ^= 1;
    author.write(FILE, &anew);
    let ran = author
        .release(&[])
        .exits(0)
        .snapshot("release/signs_rebuilt_archive_until_it_was_uploaded-1");
    assert!(ran.stderr.contains("rebuilt"), "{ran:#?}");
    author.assert_published();

    author.sandbox.pause.delete(ID, FILE);
    anew[4] ^= 2;
    author.write(FILE, &anew);
    let logged = author.sandbox.services.rekor_v2.requests().len();
    let ran = author
        .release(&[])
        .exits(1)
        .snapshot("release/signs_rebuilt_archive_until_it_was_uploaded-2");
    assert!(ran.stderr.contains("new version"), "{ran:#?}");
    assert_eq!(author.sandbox.services.rekor_v2.requests().len(), logged);
}

#[test]
fn releases_bundle_of_another_name() {
    let author = World::new().with_account();
    let name = format!("{FILE}.sig.json");
    author
        .release(&[&WAIT[..], &["--bundle", &name]].concat())
        .exits(0)
        .snapshot("release/releases_bundle_of_another_name");
    assert_eq!(author.uploads(), [name.as_str(), FILE]);
    assert_eq!(
        author.published(&name).unwrap(),
        fs::read(author.path(&name)).unwrap()
    );
}

#[test]
fn reports_expired_pause_token_on_use() {
    let author = World::new().with_account();
    let pause = &author.sandbox.pause;
    author.write_dot_pause(&format!("token {}\n", pause.token(ID).unwrap()));
    pause
        .clock()
        .set_offset(SignedDuration::from_hours(24 * 181));
    author
        .release(&[])
        .exits(1)
        .snapshot("release/reports_expired_pause_token_on_use");
    assert!(author.uploads().is_empty());
    // What was signed is kept, and taken with another token.
    pause.clock().set_offset(SignedDuration::ZERO);
    let logged = author.sandbox.services.rekor_v2.requests().len();
    author.release(&[]).exits(0);
    assert_eq!(author.sandbox.services.rekor_v2.requests().len(), logged);
    author.assert_published();
}
