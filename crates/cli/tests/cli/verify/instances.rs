//! Instances by name, by files and by TUF repository; the cache, and what happens without a network.

use std::fs;

use cpan_sigstore_sandbox::{Fault, tuf::TufMisbehaviour};
use jiff::SignedDuration;

use crate::harness::{FILE, Ran, World, bare};

/// The arguments of a verification at the instance that reaches its trust material by TUF.
const BY_TUF: [&str; 3] = ["--instance", "sandbox-tuf", "--json"];

fn signed() -> World {
    let user = World::new();
    user.sign(&[FILE]).exits(0);
    user
}

#[test]
fn adds_lists_and_uses_instance() {
    let user = signed();
    let fresh = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| Ran::of(bare(fresh.path(), args).output().unwrap());
    let list = run(&["instance", "list"])
        .exits(0)
        .snapshot("instance/adds_lists_and_uses_instance-1");
    assert!(list.stdout.contains("* public-good"), "{list:#?}");

    let root = user.sandbox.tuf_root_path();
    let url = user.sandbox.services.tuf.url();
    run(&[
        "instance",
        "add",
        "mine",
        "--tuf-url",
        url,
        "--tuf-root",
        root.to_str().unwrap(),
    ])
    .exits(0)
    .snapshot("instance/adds_lists_and_uses_instance-2");
    run(&[
        "instance",
        "add",
        "mine",
        "--tuf-url",
        url,
        "--tuf-root",
        root.to_str().unwrap(),
    ])
    .exits(2)
    .snapshot("instance/adds_lists_and_uses_instance-3");
    run(&["instance", "add", "half", "--tuf-url", url])
        .exits(2)
        .snapshot("instance/adds_lists_and_uses_instance-4");
    run(&["instance", "use", "other"])
        .exits(2)
        .snapshot("instance/adds_lists_and_uses_instance-5");
    run(&["instance", "use", "mine"])
        .exits(0)
        .snapshot("instance/adds_lists_and_uses_instance-6");
    let list = run(&["instance", "list"])
        .exits(0)
        .snapshot("instance/adds_lists_and_uses_instance-7");
    assert!(list.stdout.contains("* mine"), "{list:#?}");

    let file = user.path(FILE);
    let verify = run(&[
        "verify",
        file.to_str().unwrap(),
        "--certificate-identity",
        "author@example.org",
        "--certificate-oidc-issuer",
        &user.issuer(),
    ]);
    verify
        .exits(0)
        .snapshot("instance/adds_lists_and_uses_instance-8");
}

#[test]
fn verifies_offline_with_fresh_cache_only() {
    let user = signed();
    let ran = user
        .verify_file(&[&BY_TUF[..], &["--offline"]].concat())
        .exits(3);
    assert_eq!(ran.code(), "unavailable");
    assert_eq!(ran.json()["decision"], "try-later");

    user.verify_file(&BY_TUF).exits(0);
    let asked = user.sandbox.services.tuf.requests().len();
    assert!(asked > 0);
    user.verify_file(&BY_TUF).exits(0);
    user.verify_file(&[&BY_TUF[..], &["--offline"]].concat())
        .exits(0);
    assert_eq!(user.sandbox.services.tuf.requests().len(), asked);
}

/// Publishes the same material again, in new versions of the metadata.
fn publish(user: &World) {
    let root = fs::read(user.sandbox.trusted_root_path()).unwrap();
    let config = fs::read(user.sandbox.signing_config_path()).unwrap();
    user.sandbox.tuf.publish(vec![
        ("trusted_root.json".into(), root),
        ("signing_config.v0.2.json".into(), config),
    ]);
}

/// Makes the cache look as if the repository was last asked long ago.
fn make_due(user: &World) {
    let cache = user.sandbox.dir().join("cache/tuf");
    let repository = fs::read_dir(cache).unwrap().next().unwrap().unwrap().path();
    fs::write(repository.join("refreshed"), "2020-01-01T00:00:00Z\n").unwrap();
}

#[test]
fn warns_of_unreachable_tuf_repository() {
    let user = signed();
    user.verify_file(&BY_TUF).exits(0);
    make_due(&user);
    user.sandbox
        .services
        .tuf
        .faults()
        .always(Fault::DropConnection);
    let ran = user.verify_file(&BY_TUF).exits(0);
    assert!(ran.stderr.contains("cannot refresh"), "{ran:#?}");
}

#[test]
fn rejects_changed_tuf_cache() {
    let user = signed();
    user.verify_file(&BY_TUF).exits(0);
    let cache = user.sandbox.dir().join("cache/tuf");
    let repository = fs::read_dir(cache).unwrap().next().unwrap().unwrap().path();
    let timestamp = repository.join("timestamp.json");
    let text = fs::read_to_string(&timestamp).unwrap();
    fs::write(&timestamp, text.replace("\"version\":1", "\"version\":9")).unwrap();
    let ran = user
        .verify_file(&[&BY_TUF[..], &["--offline"]].concat())
        .exits(3);
    assert_eq!(ran.code(), "unavailable");
}

#[test]
fn rejects_misbehaving_tuf_repository() {
    for wrong in [
        TufMisbehaviour::ExpiredTimestamp,
        TufMisbehaviour::ForeignTimestamp,
        TufMisbehaviour::AlteredTarget,
    ] {
        let user = signed();
        user.sandbox.tuf.misbehaviour().set(wrong);
        let ran = user.verify_file(&BY_TUF);
        assert_eq!(
            (ran.code, ran.code()),
            (Some(3), "unavailable".into()),
            "{wrong:?} {ran:#?}"
        );
    }
}

#[test]
fn rejects_disturbed_tuf_repository() {
    for fault in [
        Fault::DropConnection,
        Fault::Status(503),
        Fault::TruncatedBody,
        Fault::OversizedBody(64 << 20),
        Fault::Garbage,
    ] {
        let user = signed();
        user.sandbox.services.tuf.faults().always(fault.clone());
        let ran = user.verify_file(&BY_TUF);
        assert_eq!(
            (ran.code, ran.code()),
            (Some(3), "unavailable".into()),
            "{fault:?} {ran:#?}"
        );
    }
}

#[test]
fn rejects_tuf_root_its_predecessor_did_not_sign() {
    let user = signed();
    user.sandbox.tuf.rotate_root().unwrap();
    user.sandbox
        .tuf
        .misbehaviour()
        .set(TufMisbehaviour::ForeignRoot);
    assert_eq!(user.verify_file(&BY_TUF).exits(3).code(), "unavailable");
}

#[test]
fn keeps_trust_material_after_tuf_rollback() {
    let user = signed();
    user.verify_file(&BY_TUF).exits(0);
    publish(&user);
    make_due(&user);
    user.verify_file(&BY_TUF).exits(0);
    for wrong in [
        TufMisbehaviour::RolledBackTimestamp,
        TufMisbehaviour::RolledBackSnapshot,
    ] {
        make_due(&user);
        user.sandbox.tuf.misbehaviour().set(wrong);
        let ran = user.verify_file(&BY_TUF).exits(0);
        assert!(ran.stderr.contains("cannot refresh"), "{wrong:?} {ran:#?}");
    }
}

#[test]
fn follows_tuf_root_rotation() {
    let user = signed();
    user.sandbox.tuf.rotate_root().unwrap();
    user.verify_file(&BY_TUF).exits(0);
}

#[test]
fn rejects_expired_tuf_metadata() {
    let user = World::new();
    user.sandbox
        .tuf_clock()
        .set_offset(-SignedDuration::from_hours(24 * 3650));
    publish(&user);
    user.sign(&[FILE]).exits(0);
    let ran = user.verify_file(&BY_TUF).exits(3);
    assert_eq!(ran.code(), "unavailable");
}

#[test]
fn rejects_malformed_trusted_root() {
    let user = signed();
    for (name, text) in [
        ("empty", ""),
        ("without-type", "{}"),
        (
            "duplicate-key",
            r#"{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1","tlogs":[],"tlogs":[]}"#,
        ),
    ] {
        fs::write(user.path("root.json"), text).unwrap();
        let ran = user.verify_file(&["--trusted-root", "root.json"]).exits(1);
        let ran = ran.snapshot(&format!("instance/rejects_malformed_trusted_root-{name}"));
        assert!(
            ran.stderr.contains("expected a Sigstore trusted root"),
            "{ran:#?}"
        );
    }
    user.verify_file(&["--trusted-root", "no-such-file"])
        .exits(1)
        .snapshot("instance/rejects_malformed_trusted_root");
}
