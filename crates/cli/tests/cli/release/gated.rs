//! A PAUSE that asks `cpan-sigstore gate` before it publishes.

use std::{fs, time::Duration};

use cpan_sigstore_sandbox::pause::{DaemonStep, GateProgram};

use super::single::WAIT;
use crate::fixtures::author::{BUNDLE, HOME, ID, distribution};
use crate::harness::{FILE, World};

/// An author whose record requires signatures, at a PAUSE with a gate.
fn gated() -> World {
    let author = World::new().with_account();
    let place = |name: &str| author.path(name).display().to_string();
    author.sandbox.pause.set_gate(Some(GateProgram {
        program: env!("CARGO_BIN_EXE_cpan-sigstore").into(),
        options: vec![
            "--trusted-root".into(),
            author.sandbox.trusted_root_path().into(),
            "--first-record-wait=0".into(),
        ],
        environment: vec![
            ("CPAN_SIGSTORE_CONFIG".to_owned(), place("gate.toml")),
            ("CPAN_SIGSTORE_CACHE".to_owned(), place("gate-cache")),
            ("CPAN_SIGSTORE_DATA".to_owned(), place("gate-data")),
        ],
        timeout: Duration::from_secs(60),
    }));
    // PAUSE lists the author's files.
    author.sandbox.pause.publish(ID, "README", "a text");
    let token = author.sandbox.token("author").unwrap();
    let enroll = ["author", "enroll", "--yes", "--releases", "signed"];
    author
        .run(&[&enroll[..], &["--identity-token", &token]].concat())
        .exits(0);
    assert!(
        author
            .published(&format!("{ID}-sigstore-identities-1.json"))
            .is_some()
    );
    author
}

/// Uploads a file with the author's password alone, and lets the daemon try it once.
fn upload(author: &World, name: &str, bytes: &[u8]) -> Option<DaemonStep> {
    author.write(name, bytes);
    let pause = &author.sandbox.pause;
    pause.hold();
    let password = pause.password(ID).unwrap();
    let url = format!(
        "{}/pause/authenquery?ACTION=add_uri",
        author.sandbox.services.pause.url()
    );
    let curl = std::process::Command::new("curl")
        .args([
            "--silent",
            "--fail",
            "--output",
            "/dev/null",
            "--user",
            &format!("{ID}:{password}"),
        ])
        .args([
            "--form",
            &format!("HIDDENNAME={ID}"),
            "--form",
            "CAN_MULTIPART=1",
        ])
        .args(["--form", &format!("pause99_add_uri_upload={name}")])
        .args([
            "--form",
            &format!("pause99_add_uri_httpupload=@{name};filename={name}"),
        ])
        .args([
            "--form",
            "SUBMIT_pause99_add_uri_httpupload= Upload this file from my disk ",
        ])
        .arg(url)
        .current_dir(author.folder.path())
        .status();
    assert!(curl.unwrap().success());
    pause.step()
}

#[test]
fn pause_publishes_releases_that_its_gate_accepts() {
    let author = gated();
    author.release(&WAIT).exits(0);
    author.assert_published();
}

#[test]
fn stolen_password_publishes_nothing_at_a_pause_with_a_gate() {
    let author = gated();
    let next = "Foo-Bar-1.03.tar.gz";
    let bundle = format!("{next}.sigstore.json");
    author.write(next, &distribution("Foo-Bar", "1.03"));
    author.sign_as("stranger", &[next]).exits(0);
    let step = upload(&author, &bundle, &fs::read(author.path(&bundle)).unwrap());
    assert_eq!(step, Some(DaemonStep::GivenUp(format!("{HOME}/{bundle}"))));
    let step = upload(&author, next, &distribution("Foo-Bar", "1.03"));
    assert_eq!(step, Some(DaemonStep::Failed(format!("{HOME}/{next}"))));
    assert!(author.published(next).is_none() && author.published(&bundle).is_none());
    let mails = author.sandbox.pause.mails();
    let refused = mails
        .iter()
        .find(|mail| mail.subject.starts_with("Upload refused: "));
    let refused = refused.unwrap();
    assert_eq!(refused.to, ID);
    let text = format!("{}\n\n{}", refused.subject, refused.text);
    crate::snapshot::assert(
        "release/stolen_password_publishes_nothing_at_a_pause_with_a_gate",
        &text,
    );
}

#[test]
fn stolen_password_replaces_no_bundle_and_no_record_at_a_pause_with_a_gate() {
    let author = gated();
    author.release(&WAIT).exits(0);
    let record = format!("{ID}-sigstore-identities-1.json");
    let own = [BUNDLE, &record].map(|name| author.published(name).unwrap());
    author
        .sign_as("stranger", &["--bundle", "theirs.json", FILE])
        .exits(0);
    let theirs = fs::read(author.path("theirs.json")).unwrap();
    for (name, bytes) in [
        (BUNDLE, theirs.as_slice()),
        (BUNDLE, b"{}"),
        (&record, b"{}"),
    ] {
        let step = upload(&author, name, bytes);
        assert_eq!(step, Some(DaemonStep::GivenUp(format!("{HOME}/{name}"))));
    }
    assert_eq!(
        [BUNDLE, &record].map(|name| author.published(name).unwrap()),
        own
    );
}
