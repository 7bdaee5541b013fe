//! What `sign` writes, and what it asks for.

use std::{fs, process::Stdio};

use cpan_sigstore_sandbox::Fault;
use jiff::SignedDuration;
use serde_json::Value;

use crate::harness::{AUTHOR, BYTES, FILE, Ran, World};

#[test]
fn writes_bundle_beside_file_with_its_permissions() {
    let user = World::new();
    let ran = user.sign(&[FILE]).exits(0);
    assert!(
        ran.stdout.starts_with("signed: Foo-Bar-1.02.tar.gz"),
        "{ran:#?}"
    );
    assert_eq!(
        user.files(),
        [FILE.to_owned(), format!("{FILE}.sigstore.json")]
    );
    user.verify_file(&[]).exits(0);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(user.bundle()), mode(user.path(FILE)));
    }
}

#[test]
fn signs_many_files_with_one_certificate() {
    let user = World::new();
    let files = ["a.tar.gz", "b.tar.gz", "c.tar.gz"];
    for file in files {
        fs::write(user.path(file), file).unwrap();
    }
    let ran = user.sign(&[&["--json"], &files[..]].concat()).exits(0);
    let lines: Vec<Value> = ran
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[1]["file"], "b.tar.gz");
    assert_eq!(lines[1]["signer"]["subject"]["name"], AUTHOR);
    let services = &user.sandbox.services;
    assert_eq!(services.ca.requests(), ["POST /api/v2/signingCert"]);
    assert_eq!(services.rekor_v2.requests().len(), 3);
}

#[test]
fn asks_each_service_once_per_signature() {
    let user = World::new();
    user.sign(&[FILE]).exits(0);
    let services = &user.sandbox.services;
    assert_eq!(services.ca.requests(), ["POST /api/v2/signingCert"]);
    assert_eq!(services.rekor_v2.requests(), ["POST /api/v2/log/entries"]);
    assert_eq!(services.tsa.requests(), ["POST /api/v1/timestamp"]);
    assert!(services.oidc.requests().is_empty());
    assert!(services.tuf.requests().is_empty());
}

#[test]
fn keeps_existing_bundle_without_force() {
    let user = World::new();
    fs::write(user.bundle(), "mine").unwrap();
    let ran = user
        .sign(&[FILE])
        .exits(1)
        .snapshot("sign/keeps_existing_bundle_without_force");
    assert!(ran.stderr.contains("--force"), "{ran:#?}");
    assert_eq!(fs::read_to_string(user.bundle()).unwrap(), "mine");
    assert!(user.sandbox.services.ca.requests().is_empty());
    user.sign(&["--force", FILE]).exits(0);
    user.verify_file(&[]).exits(0);
}

#[test]
fn writes_one_bundle_to_named_path() {
    let user = World::new();
    user.sign(&["--bundle", "elsewhere.json", FILE]).exits(0);
    user.verify_file(&["--bundle", "elsewhere.json"]).exits(0);
    user.sign(&["--bundle", "elsewhere2.json", FILE, FILE])
        .exits(2)
        .snapshot("sign/writes_one_bundle_to_named_path");
}

#[test]
fn sends_no_expired_token() {
    let user = World::new();
    user.sandbox
        .oidc_clock()
        .set_offset(-SignedDuration::from_hours(1));
    let ran = user
        .sign(&[FILE])
        .exits(1)
        .snapshot("sign/sends_no_expired_token");
    assert!(ran.stderr.contains("expired"), "{ran:#?}");
    assert!(user.sandbox.services.ca.requests().is_empty());
    assert_eq!(user.files(), [FILE]);
}

#[test]
fn reads_token_from_file_and_never_prints_it() {
    let user = World::new();
    let token = user.sandbox.token("author").unwrap();
    fs::write(user.path("token"), format!("{token}\n")).unwrap();
    let ran = user
        .run(&["sign", "--identity-token", "token", FILE])
        .exits(0);
    let secret = token.rsplit('.').next().unwrap();
    assert!(!ran.stdout.contains(secret) && !ran.stderr.contains(secret));
    let ran = user.run(&[
        "sign",
        "--identity-token",
        &format!("{token}x"),
        "--force",
        FILE,
    ]);
    assert_ne!(ran.code, Some(0));
    assert!(
        !ran.stdout.contains(secret) && !ran.stderr.contains(secret),
        "{ran:#?}"
    );
}

#[test]
fn signs_with_each_version_of_rekor() {
    let user = World::new();
    let config = user.sandbox.signing_config_v1_path();
    user.sign(&["--signing-config", config.to_str().unwrap(), FILE])
        .exits(0);
    let ran = user.verify_file(&["--json"]).exits(0);
    assert_eq!(ran.json()["signature"]["signed-at"][0]["clock"], "log");
}

#[test]
fn signs_and_verifies_by_conformance_protocol() {
    let user = World::new();
    let token = user.sandbox.token("author").unwrap();
    let root = user.sandbox.trusted_root_path();
    let config = user.sandbox.signing_config_path();
    user.run(&[
        "sign-bundle",
        "--identity-token",
        &token,
        "--bundle",
        "b.json",
        "--trusted-root",
        root.to_str().unwrap(),
        "--signing-config",
        config.to_str().unwrap(),
        FILE,
    ])
    .exits(0);
    let issuer = user.issuer();
    let verify = |identity: &str| {
        user.run(&[
            "verify-bundle",
            "--bundle",
            "b.json",
            "--certificate-identity",
            identity,
            "--certificate-oidc-issuer",
            &issuer,
            "--trusted-root",
            root.to_str().unwrap(),
            FILE,
        ])
    };
    verify(AUTHOR).exits(0);
    assert_ne!(verify("somebody@example.org").code, Some(0));
}

#[test]
fn overwrites_no_file_that_it_signs() {
    let user = World::new();
    fs::write(user.path("other.tar.gz"), "other").unwrap();
    user.sign(&["--force", "--bundle", FILE, FILE])
        .exits(2)
        .snapshot("sign/overwrites_no_file_that_it_signs-1");
    let beside = format!("{FILE}.sigstore.json");
    fs::write(user.path(&beside), "a file that happens to have this name").unwrap();
    user.sign(&["--force", FILE, &beside])
        .exits(2)
        .snapshot("sign/overwrites_no_file_that_it_signs-2");
    fs::remove_file(user.path(&beside)).unwrap();
    user.sign(&[FILE, &format!("./{FILE}")]).exits(2);
    assert_eq!(fs::read(user.path(FILE)).unwrap(), BYTES);
    assert!(user.sandbox.services.ca.requests().is_empty());
}

#[test]
fn reports_files_left_after_failed_batch() {
    let user = World::new();
    for file in ["a", "b", "c"] {
        fs::write(user.path(file), file).unwrap();
    }
    // A bundle that appears after all places were found free: the log tells when that is.
    let logged = &user.sandbox.services.rekor_v2;
    logged
        .faults()
        .always(Fault::Slow(std::time::Duration::from_millis(200)));
    let token = user.sandbox.token("author").unwrap();
    let child = user
        .command(&["sign", "--identity-token", &token, "a", "b", "c"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while logged.requests().is_empty() {
        std::thread::yield_now();
    }
    fs::write(user.path("b.sigstore.json"), "somebody else's").unwrap();
    let ran = Ran::of(child.wait_with_output().unwrap())
        .exits(1)
        .snapshot("sign/reports_files_left_after_failed_batch");
    assert!(ran.stderr.contains("1 signed, not signed: b c"), "{ran:#?}");
    assert!(user.path("a.sigstore.json").exists());
    assert_eq!(
        fs::read_to_string(user.path("b.sigstore.json")).unwrap(),
        "somebody else's"
    );
}

#[test]
fn signs_with_given_signing_configuration() {
    let user = World::new();
    let root = user.sandbox.trusted_root_path();
    let config = user.sandbox.signing_config_path();
    user.run(&[
        "instance",
        "add",
        "half",
        "--trusted-root",
        root.to_str().unwrap(),
    ])
    .exits(0)
    .snapshot("sign/signs_with_given_signing_configuration-1");
    user.sign(&["--instance", "half", FILE])
        .exits(1)
        .snapshot("sign/signs_with_given_signing_configuration-2");
    user.sign(&[
        "--instance",
        "half",
        "--signing-config",
        config.to_str().unwrap(),
        FILE,
    ])
    .exits(0);
    user.sign(&["--force", "--trusted-root", root.to_str().unwrap(), FILE])
        .exits(0);
}

#[test]
fn refuses_a_name_too_long_for_its_bundle_before_anything_is_logged() {
    let user = World::new();
    let name = format!("{}-1.0.tar.gz", "F".repeat(236));
    user.write(&name, b"a release");
    user.sign(&[&name]).exits(1).snapshot("sign/name_too_long");
    assert_eq!(user.sandbox.services.ca.requests(), [""; 0]);
}
