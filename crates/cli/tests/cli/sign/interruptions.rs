//! `sign` ends early, at any moment and for any reason: there is a whole bundle, or none.

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

use cpan_sigstore_sandbox::{Fault, Service};

use crate::harness::{FILE, Ran, World};

fn start(user: &World, token: &str) -> Child {
    user.command(&["sign", "--identity-token", token, FILE])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Waits until a service has `count` requests.
fn asked(service: &Service, count: usize) {
    while service.requests().len() < count {
        std::thread::yield_now();
    }
}

#[test]
fn leaves_nothing_when_killed_during_request() {
    let user = World::new();
    let token = user.sandbox.token("author").unwrap();
    let services = &user.sandbox.services;
    for service in [&services.ca, &services.rekor_v2, &services.tsa] {
        let count = service.requests().len() + 1;
        service
            .faults()
            .always(Fault::Slow(Duration::from_secs(3600)));
        let mut child = start(&user, &token);
        asked(service, count);
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(user.files(), [FILE]);
        service.faults().clear();
    }
    // And what was begun can be done again.
    user.sign(&[FILE]).exits(0);
}

#[test]
fn leaves_whole_bundle_or_none_when_killed_on_write() {
    let user = World::new();
    let token = user.sandbox.token("author").unwrap();
    let logged = &user.sandbox.services.rekor_v2;
    let mut whole = 0;
    for round in 0..24u32 {
        let count = logged.requests().len() + 1;
        let mut child = start(&user, &token);
        asked(logged, count);
        // Each round a little later than the one before, from the log's answer to the end.
        for _ in 0..round * round * 20 {
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        if user.bundle().exists() {
            user.verify_file(&[]).exits(0);
            std::fs::remove_file(user.bundle()).unwrap();
            whole += 1;
        }
    }
    // Only a temporary file may be left, under a name that is no bundle's.
    assert!(
        user.files()
            .iter()
            .all(|name| name == FILE || name.starts_with(".cpan-sigstore-"))
    );
    assert!(whole < 24, "no run was killed in time");
}

/// Runs `sign` in a shell that set something up before.
fn in_shell(user: &World, setup: &str, args: &str) -> Ran {
    let token = user.sandbox.token("author").unwrap();
    let program = env!("CARGO_BIN_EXE_cpan-sigstore");
    let mut command = Command::new("sh");
    command
        .current_dir(user.folder.path())
        .env_clear()
        .envs(user.sandbox.env())
        .env("TOKEN", token)
        .args([
            "-c",
            &format!("{setup}; exec {program} sign --identity-token \"$TOKEN\" {args}"),
        ]);
    Ran::of(command.output().unwrap())
}

#[test]
fn leaves_nothing_on_full_disk() {
    let user = World::new();
    // No file may grow: what a write to a full disk meets, without having to fill one.
    let ran = in_shell(&user, "trap '' XFSZ; ulimit -f 0", FILE).exits(1);
    assert!(ran.stderr.contains("cannot write"), "{ran:#?}");
    assert_eq!(user.files(), [FILE]);
}

#[test]
fn rejects_unwritable_folder_before_logging() {
    let user = World::new();
    // Nobody can make files here, not even root.
    let ran = in_shell(
        &user,
        ":",
        &format!("--bundle /proc/self/bundle.json {FILE}"),
    )
    .exits(1);
    assert!(ran.stderr.contains("/proc/self/bundle.json"), "{ran:#?}");
    let ran = in_shell(&user, ":", &format!("--bundle no/such/folder.json {FILE}")).exits(1);
    assert!(ran.stderr.contains("no/such/folder.json"), "{ran:#?}");
    assert!(user.sandbox.services.ca.requests().is_empty());
    assert_eq!(user.files(), [FILE]);
}

#[test]
fn rejects_unreadable_file_before_logging() {
    let user = World::new();
    user.sign(&[FILE, "no-such-file"]).exits(1);
    user.sign(&["."]).exits(1);
    assert!(user.sandbox.services.ca.requests().is_empty());
    assert_eq!(user.files(), [FILE]);
}
