//! Errors for arguments and files that no command can use, each in a snapshot with its hint.

use std::{fs, path::Path, process::Command};

use crate::harness::{FILE, Ran, World};

/// An identity, so that the error is about something else.
const IDENTITY: [&str; 4] = [
    "--certificate-identity",
    "a@example.org",
    "--certificate-oidc-issuer",
    "https://issuer.example",
];

/// Files that are not what a command expects.
fn write_files(folder: &Path) {
    for (name, text) in [
        ("file", "a file"),
        ("bundle.json", "{}"),
        ("value.toml", "[default]\nunsigned = 'perhaps'\n"),
        ("line.pause", "user\n"),
        ("twice.pause", "user A\nuser B\npassword x\n"),
        ("token.pause", "token x\n"),
        ("export.json", "{}"),
        ("index.json", "{}"),
        ("root.json", "{}"),
        ("token", "no token"),
        ("large", &" ".repeat(17 << 20)),
    ] {
        fs::write(folder.join(name), text).unwrap();
    }
}

/// A signed file, and files that are not what a command expects.
fn prepared() -> World {
    let world = World::new().with_account();
    world.sign(&[FILE]).exits(0);
    write_files(world.folder.path());
    world
}

#[track_caller]
fn assert_error(name: &str, command: &mut Command) {
    let ran = Ran::of(command.output().unwrap());
    assert!(matches!(ran.code, Some(1..)), "{name}: {ran:#?}");
    ran.snapshot(&format!("error/{name}"));
}

/// Runs each command, and compares what it prints with `snapshots/error/NAME.snap`.
#[track_caller]
fn assert_errors(cases: &[(&str, &[&str])]) {
    let world = prepared();
    for (name, args) in cases {
        assert_error(name, &mut world.command(args));
    }
}

#[test]
fn reports_unusable_arguments_of_verify() {
    let with = |args: &[&'static str]| [&["verify"], args, &IDENTITY].concat();
    let long = "x".repeat(5000);
    assert_errors(&[
        (
            "digest-short",
            &with(&["sha256:00", "--bundle", "bundle.json"]),
        ),
        ("stdin-without-bundle", &with(&["-"])),
        ("file-missing", &with(&["none"])),
        ("key-malformed", &["verify", FILE, "--key", "file"]),
        (
            "pattern-long",
            &[
                "verify",
                FILE,
                "--certificate-identity-regexp",
                &long,
                "--certificate-oidc-issuer",
                "x",
            ],
        ),
        ("cpan-address", &["verify", "Foo::Bar", "--cpan", "ftp://x"]),
        (
            "trust-store-address",
            &["verify", "Foo::Bar", "--trust-store", "mysql://u:p@h/d"],
        ),
        ("policy-large", &["verify", "Foo::Bar", "--policy", "large"]),
        (
            "trusted-root-large",
            &with(&[FILE, "--trusted-root", "large"]),
        ),
        (
            "release-page",
            &["verify", "https://metacpan.org/release/ETHER/Try-Tiny-0.31"],
        ),
        (
            "distribution-page",
            &["verify", "https://metacpan.org/dist/Try-Tiny"],
        ),
        (
            "address-of-no-release",
            &["verify", "https://cpan.example/"],
        ),
        ("release-without-suffix", &["verify", "ETHER/Try-Tiny-0.31"]),
        (
            "release-of-lower-case-author",
            &["verify", "ether/Try-Tiny-0.31.tar.gz"],
        ),
        ("instance-unknown", &with(&[FILE, "--instance", "none"])),
    ]);
}

#[test]
fn reports_unusable_arguments_of_authors() {
    assert_errors(&[
        (
            "token-malformed",
            &["sign", "--force", FILE, "--identity-token", "token"],
        ),
        (
            "upload-address",
            &["upload", FILE, "--upload-uri", "ftp://x"],
        ),
        (
            "upload-address-password",
            &["upload", FILE, "--upload-uri", "https://u:p@x/"],
        ),
        (
            "pause-file-line",
            &["upload", FILE, "--pause-file", "line.pause"],
        ),
        (
            "pause-file-twice",
            &["upload", FILE, "--pause-file", "twice.pause"],
        ),
        (
            "pause-file-token",
            &["upload", FILE, "--pause-file", "token.pause"],
        ),
        (
            "pause-file-large",
            &["upload", FILE, "--pause-file", "large"],
        ),
        (
            "pattern-wildcard",
            &["author", "add", "--pattern", "https://*/x by https://x"],
        ),
        ("author-id", &["author", "show", "x"]),
        (
            "credentials-of-another-user",
            &["upload", FILE, "--user", "STRANGER"],
        ),
        ("credentials-for-no-id", &["backlog", "STRANGER"]),
        ("check-missing", &["check", "none"]),
    ]);
}

#[test]
fn reports_unusable_arguments_of_operators() {
    assert_errors(&[
        ("policy-value", &["policy", "check", "value.toml"]),
        ("import-malformed", &["trust", "import", "export.json"]),
        ("mirror-upstream", &["mirror", "--upstream", "ftp://x"]),
        (
            "mirror-certificate",
            &["mirror", "--tls-cert", "file", "--tls-key", "file"],
        ),
        (
            "instance-name",
            &["instance", "add", "a b", "--trusted-root", "root.json"],
        ),
        (
            "index-malformed",
            &["index", "diff", "index.json", "index.json"],
        ),
        (
            "index-without-cpan",
            &["index", "build", "--cpan", "none", "--output", "new.json"],
        ),
        ("bundle-missing", &["inspect", "none"]),
        ("index-without-signer", &["index", "verify", "index.json"]),
        (
            "index-without-previous",
            &["index", "build", "--cpan", ".", "--previous", "none.json"],
        ),
    ]);
}

#[test]
fn reports_unusable_environment() {
    let world = prepared();
    let mut command = world.command(&["upload", FILE]);
    assert_error("pause-token", command.env("PAUSE_TOKEN", "no token"));
    let mut command = world.command(&["mirror", "--listn", "127.0.0.1:0"]);
    command.env("CPAN_SIGSTORE_POLICY", "policy.toml");
    assert_error("usage-with-variables", &mut command);
    assert_error("command-unknown", &mut world.command(&["verify-bund"]));
    world.write("broken.toml", b"instance = [\n");
    let mut command = world.command(&["instance", "list"]);
    command.env("CPAN_SIGSTORE_CONFIG", world.path("broken.toml"));
    assert_error("configuration", &mut command);
}
