//! A dry run, or a declined confirmation, leaves no trace in public.

use std::process::Stdio;

use super::*;

/// The number of requests to the services that log in public.
fn public_requests(enrolling: &Enrolling) -> usize {
    let services = &enrolling.world.sandbox.services;
    [
        &services.ca,
        &services.rekor_v1,
        &services.rekor_v2,
        &services.tsa,
    ]
    .map(|service| service.requests().len())
    .iter()
    .sum()
}

/// The author's files, without the folders that every command opens.
fn own_files(enrolling: &Enrolling) -> Vec<String> {
    let mut files = enrolling.world.files();
    files.retain(|name| !["cache", "data"].contains(&name.as_str()));
    files
}

#[track_caller]
fn assert_logs_nothing(enrolling: &Enrolling, account: &str, args: &[&str], code: i32) {
    let before = (
        public_requests(enrolling),
        own_files(enrolling),
        enrolling.world.uploads(),
    );
    let token = enrolling.world.sandbox.token(account).unwrap();
    let mut command = enrolling.world.command(args);
    command.env("SIGSTORE_ID_TOKEN", token).stdin(Stdio::null());
    Ran::of(command.output().unwrap()).exits(code);
    let after = (
        public_requests(enrolling),
        own_files(enrolling),
        enrolling.world.uploads(),
    );
    assert_eq!(before, after, "{args:?}");
}

#[test]
fn dry_runs_get_no_certificate_and_log_nothing() {
    let enrolling = Enrolling::new();
    for account in ["author", "ci"] {
        assert_logs_nothing(&enrolling, account, &["author", "enroll", "--dry-run"], 0);
    }
    enrolling.run("author", &["enroll"]).exits(0);
    let stranger = enrolling.named(STRANGER);
    enrolling.world.sign(&[crate::harness::FILE]).exits(0);
    for args in [
        &["author", "add", "--also", &stranger, "--dry-run"][..],
        &["author", "retire", AUTHOR, "--even-the-last", "--dry-run"],
        &["author", "recover", "--dry-run"],
        &["upload", crate::harness::FILE, "--dry-run"],
    ] {
        assert_logs_nothing(&enrolling, "author", args, 0);
    }
}

#[test]
fn dry_runs_need_no_consent_to_publish() {
    let enrolling = Enrolling::new();
    let logs_in = |args: &[&str]| {
        let ran = enrolling.look(&[args, &["--dry-run", "--out-of-band"]].concat());
        // Nobody types the code of the login that follows.
        let ran = ran.exits(1);
        assert!(ran.stderr.contains("/authorize?"), "{ran:#?}");
        assert!(!ran.stderr.contains("Do you agree?"), "{ran:#?}");
    };
    logs_in(&["enroll"]);
    enrolling
        .said("author", &["enroll", "--dry-run"])
        .exits(0)
        .snapshot("author/dry_runs_need_no_consent_to_publish");
    enrolling.run("author", &["enroll"]).exits(0);
    logs_in(&["recover"]);
    let asked = enrolling.look(&["recover", "--out-of-band"]).exits(2);
    assert!(asked.stderr.contains("Do you agree?"), "{asked:#?}");
}

#[test]
fn declined_confirmations_get_no_certificate() {
    let enrolling = Enrolling::new();
    assert_logs_nothing(&enrolling, "author", &["author", "enroll"], 2);
    enrolling.run("author", &["enroll"]).exits(0);
    let stranger = enrolling.named(STRANGER);
    for args in [
        &["author", "add", "--also", &stranger][..],
        &["author", "retire", AUTHOR, "--even-the-last"],
        &["author", "recover"],
    ] {
        assert_logs_nothing(&enrolling, "stranger", args, 2);
    }
}
