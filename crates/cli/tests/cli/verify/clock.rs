//! `verify` and `sign` on a machine whose clock is wrong.

use std::process::Command;

use cpan_sigstore_sandbox::Fault;

use crate::harness::{AUTHOR, FILE, Ran, World};

/// A library that lets a program see the time of SKEW.
fn skewing(user: &World) -> String {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/fixtures/skew.c");
    let library = user.path("skew.so").display().to_string();
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-o", &library, source, "-ldl"])
        .output()
        .unwrap();
    assert!(built.status.success(), "{built:?}");
    library
}

#[cfg(target_os = "linux")]
#[test]
fn names_the_clock_that_is_behind_and_not_the_signature() {
    let user = World::new();
    user.sign(&[FILE]).exits(0);
    let library = skewing(&user);
    let issuer = user.issuer();
    let verify = |days: i64| {
        let mut command = user.command(&["verify", FILE, "--certificate-identity", AUTHOR]);
        command.args(["--certificate-oidc-issuer", &issuer]);
        command
            .env("LD_PRELOAD", &library)
            .env("SKEW", (days * 86_400).to_string());
        Ran::of(command.output().unwrap())
    };
    for days in [-90, -19_000] {
        let ran = verify(days).exits(3);
        assert!(
            ran.stdout.contains("the clock of this machine says"),
            "{ran:#?}"
        );
        assert!(ran.stderr.contains("set the clock"), "{ran:#?}");
    }
    verify(0).exits(0);
    // Another file is another file by any clock.
    user.write(FILE, b"other bytes");
    verify(0).exits(11);
}

#[cfg(target_os = "linux")]
#[test]
fn names_the_clock_that_is_behind_and_not_the_services() {
    let user = World::new();
    let library = skewing(&user);
    let token = user.sandbox.token("author").unwrap();
    for days in [-90, -19_000] {
        let mut command = user.command(&["sign", FILE, "--identity-token", &token]);
        command
            .env("LD_PRELOAD", &library)
            .env("SKEW", (days * 86_400_i64).to_string());
        let ran = Ran::of(command.output().unwrap()).exits(3);
        for text in [
            "the clock of this machine says",
            "began at",
            "set the clock",
        ] {
            assert!(ran.stderr.contains(text), "{ran:#?}");
        }
        ran.snapshot("error/clock-behind");
    }
    assert_eq!(user.sandbox.services.ca.requests(), [""; 0]);
    assert!(!user.bundle().exists());
}

#[cfg(target_os = "linux")]
#[test]
fn names_the_clock_that_is_ahead_and_not_the_token() {
    let user = World::new();
    let library = skewing(&user);
    let token = user.sandbox.token("author").unwrap();
    let sign = |days: i64| {
        let mut command = user.command(&["sign", FILE, "--identity-token", &token]);
        command
            .env("LD_PRELOAD", &library)
            .env("SKEW", (days * 86_400).to_string());
        Ran::of(command.output().unwrap())
    };
    let ran = sign(2).exits(3);
    for text in ["the clock of this machine says", "is valid until"] {
        assert!(ran.stderr.contains(text), "{ran:#?}");
    }
    assert!(ran.stderr.contains("set the clock"), "{ran:#?}");
    ran.snapshot("error/clock-ahead");
    assert!(!user.bundle().exists());
    // Without a service that answers, it is a token that has expired.
    user.sandbox.services.oidc.faults().always(Fault::busy());
    let alone = sign(2).exits(1);
    assert!(alone.stderr.contains("expired at"), "{alone:#?}");
}
