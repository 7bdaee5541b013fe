//! `release`: from the archive to PAUSE in one command.

use std::fs;

use jiff::SignedDuration;

use super::author::{Author, BUNDLE, ID, distribution};
use crate::harness::{AUTHOR, BYTES, FILE};

/// A wait that looks often.
pub const WAIT: [&str; 3] = ["--wait", "--poll", "0.01"];

#[test]
fn an_archive_is_checked_signed_verified_uploaded_and_seen_published() {
    let author = Author::new();
    let ran = author.release(&WAIT).exits(0);
    assert!(
        ran.stdout.starts_with("published: Foo-Bar-1.02.tar.gz\n"),
        "{ran:#?}"
    );
    assert!(ran.stdout.contains(AUTHOR), "{ran:#?}");
    assert_eq!(author.uploads(), [BUNDLE, FILE]);
    author.assert_published();
    author.user.verify(&[]).exits(0);
}

#[test]
fn its_json_is_one_object() {
    let author = Author::new();
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
fn without_upload_it_ends_with_a_verified_bundle() {
    let author = Author::new();
    author.write_dot_pause("");
    let ran = author.release(&["--no-upload"]).exits(0);
    assert!(ran.stdout.starts_with("signed: "), "{ran:#?}");
    author.user.verify(&[]).exits(0);
    assert!(author.user.sandbox.services.pause.requests().is_empty());
    assert!(author.user.sandbox.services.cpan.requests().is_empty());
}

#[test]
fn what_is_not_fit_is_neither_signed_nor_uploaded() {
    let author = Author::new();
    author.user.write(FILE, BYTES);
    author.release(&[]).exits(14);
    assert!(author.user.sandbox.services.ca.requests().is_empty());
    assert!(author.uploads().is_empty());
}

#[test]
fn a_login_as_somebody_else_ends_it_before_anything_is_logged() {
    let author = Author::new();
    author
        .release(&["--identity", "other@example.org"])
        .exits(12);
    author
        .release(&[
            "--identity",
            AUTHOR,
            "--issuer",
            "https://accounts.google.com",
        ])
        .exits(12);
    assert!(author.user.sandbox.services.ca.requests().is_empty());
    let issuer = author.user.issuer();
    author
        .release(&["--identity", AUTHOR, "--issuer", &issuer])
        .exits(0);
}

#[test]
fn missing_credentials_end_it_before_anybody_logs_in() {
    let author = Author::new();
    author.write_dot_pause("password half\n");
    author.release(&[]).exits(2);
    assert!(author.user.sandbox.services.ca.requests().is_empty());
}

#[test]
fn a_name_that_is_published_with_other_bytes_ends_it_before_anything_is_logged() {
    let author = Author::new();
    author.user.sandbox.pause.publish(ID, FILE, "others");
    let ran = author.release(&[]).exits(1);
    assert!(ran.stderr.contains("new version"), "{ran:#?}");
    assert!(author.user.sandbox.services.ca.requests().is_empty());
}

#[test]
fn a_bundle_of_unknown_origin_is_not_released() {
    let author = Author::new();
    author.user.sign_as("stranger", &[FILE]).exits(0);
    let ran = author.release(&[]).exits(1);
    assert!(ran.stderr.contains("--identity"), "{ran:#?}");
    // Held to the author it is refused, whatever it says of itself.
    let issuer = author.user.issuer();
    author
        .release(&["--identity", AUTHOR, "--issuer", &issuer])
        .exits(12);
    assert!(author.uploads().is_empty());
    author.release(&["--force"]).exits(0);
    author.assert_published();
    author.user.verify(&[]).exits(0);
}

#[test]
fn a_bundle_that_was_signed_before_by_the_author_is_taken() {
    let author = Author::new();
    author.user.sign(&[FILE]).exits(0);
    let logged = author.user.sandbox.services.rekor_v2.requests().len();
    let issuer = author.user.issuer();
    author
        .release(&["--identity", AUTHOR, "--issuer", &issuer])
        .exits(0);
    assert_eq!(
        author.user.sandbox.services.rekor_v2.requests().len(),
        logged
    );
    author.assert_published();
}

#[test]
fn an_archive_that_is_built_anew_is_signed_anew_until_it_was_uploaded() {
    let author = Author::new();
    author.release(&["--no-upload"]).exits(0);
    let mut anew = distribution("Foo-Bar", "1.02");
    anew[4] ^= 1;
    author.user.write(FILE, &anew);
    let ran = author.release(&[]).exits(0);
    assert!(ran.stderr.contains("built anew"), "{ran:#?}");
    author.assert_published();

    author.user.sandbox.pause.delete(ID, FILE);
    anew[4] ^= 2;
    author.user.write(FILE, &anew);
    let logged = author.user.sandbox.services.rekor_v2.requests().len();
    let ran = author.release(&[]).exits(1);
    assert!(ran.stderr.contains("new version"), "{ran:#?}");
    assert_eq!(
        author.user.sandbox.services.rekor_v2.requests().len(),
        logged
    );
}

#[test]
fn the_bundle_may_have_another_name() {
    let author = Author::new();
    let name = format!("{FILE}.sig.json");
    author
        .release(&[&WAIT[..], &["--bundle", &name]].concat())
        .exits(0);
    assert_eq!(author.uploads(), [name.as_str(), FILE]);
    assert_eq!(
        author.published(&name).unwrap(),
        fs::read(author.user.path(&name)).unwrap()
    );
}

#[test]
fn a_token_of_pause_that_ended_is_found_when_it_is_used() {
    let author = Author::new();
    let pause = &author.user.sandbox.pause;
    author.write_dot_pause(&format!("token {}\n", pause.token(ID).unwrap()));
    pause
        .clock()
        .set_offset(SignedDuration::from_hours(24 * 181));
    author.release(&[]).exits(1);
    assert!(author.uploads().is_empty());
    // What was signed is kept, and taken with another token.
    pause.clock().set_offset(SignedDuration::ZERO);
    let logged = author.user.sandbox.services.rekor_v2.requests().len();
    author.release(&[]).exits(0);
    assert_eq!(
        author.user.sandbox.services.rekor_v2.requests().len(),
        logged
    );
    author.assert_published();
}
