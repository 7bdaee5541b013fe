//! Results that nobody can read: they are no success, for any command.

use std::{fs::File, io, process::Stdio};

use crate::{
    fixtures::{author::ID, shop::RELEASE},
    harness::{FILE, Ran, World},
};

/// Commands that succeed and print a result, one of each kind.
const COMMANDS: &[&[&str]] = &[
    &["--help"],
    &["--version"],
    &["exec", "--help"],
    &["env"],
    &["inspect", "release.sigstore.json"],
    &["inspect", "--json", "release.sigstore.json"],
    &["check", "Foo-Bar-1.02.tar.gz"],
    &["verify", RELEASE],
    &["verify", RELEASE, "--json"],
    &["policy", "check", "policy.toml"],
    &["policy", "explain", RELEASE],
    &["trust", "list"],
    &["trust", "list", "--json"],
    &["trust", "explain", ID],
    &["trust", "export"],
    &["instance", "list"],
    &["index", "status"],
];

fn world() -> World {
    let user = World::new();
    user.policy("");
    user.publish_release("1.02");
    let bytes = crate::fixtures::author::distribution("Foo-Bar", "1.02");
    user.write(FILE, &bytes);
    let bundle = user.sign_bytes("author", &bytes);
    user.write("release.sigstore.json", &bundle);
    user.verify(&["Foo::Bar"]).exits(0);
    user
}

fn run(user: &World, args: &[&str], stdout: impl Into<Stdio>) -> Ran {
    Ran::of(user.command(args).stdout(stdout).output().unwrap())
}

/// The ways are compared with what the command does otherwise, so that none of them is tried in vain.
fn each(way: impl Fn() -> Stdio, check: impl Fn(&[&str], &Ran)) {
    let user = world();
    for args in COMMANDS {
        let well = run(&user, args, Stdio::piped());
        assert_eq!(well.code, Some(0), "{args:?}: {well:#?}");
        assert!(!well.stdout.is_empty(), "{args:?}: {well:#?}");
        let ran = run(&user, args, way());
        assert_eq!(ran.code, Some(1), "{args:?}: {ran:#?}");
        check(args, &ran);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn every_command_fails_if_its_result_cannot_be_written() {
    let full = || File::options().write(true).open("/dev/full").unwrap();
    each(
        || full().into(),
        |args, ran| {
            let text = "error: cannot write the result to standard output";
            assert!(ran.stderr.contains(text), "{args:?}: {ran:#?}");
        },
    );
}

#[test]
fn every_command_is_quiet_and_fails_if_its_reader_is_gone() {
    let gone = || {
        let (_, writer) = io::pipe().unwrap();
        writer.into()
    };
    each(gone, |args, ran| {
        assert!(!ran.stderr.contains("error"), "{args:?}: {ran:#?}");
        assert!(!ran.stderr.contains("panic"), "{args:?}: {ran:#?}");
    });
}

#[cfg(target_os = "linux")]
#[test]
fn mirror_fails_if_its_address_cannot_be_written() {
    let user = world();
    let full = File::options().write(true).open("/dev/full").unwrap();
    let args = ["mirror", "--listen", "127.0.0.1:0"];
    let ran = run(&user, &args, full);
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    assert!(ran.stderr.contains("the address of the mirror"), "{ran:#?}");
}
