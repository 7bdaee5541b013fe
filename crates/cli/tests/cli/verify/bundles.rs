//! What is verified, and what a changed file or bundle leads to.

use std::{fs, io::Write as _, process::Stdio};

use cpan_sigstore_sandbox::RekorVersion::{V1, V2};
use serde_json::{Value, json};

use crate::harness::{AUTHOR, BYTES, FILE, Ran, World, sha256};

#[test]
fn verifies_file_standard_input_and_digest() {
    let user = World::new();
    user.sign(&[FILE]).exits(0);
    let bundle = user.bundle();
    let bundle = bundle.to_str().unwrap();
    let issuer = user.issuer();
    let identity = |what: &str| -> Vec<String> {
        [
            "verify",
            what,
            "--bundle",
            bundle,
            "--certificate-identity",
            "author@example.org",
            "--certificate-oidc-issuer",
            &issuer,
        ]
        .map(str::to_owned)
        .to_vec()
    };
    let digest = format!("sha256:{}", hex::encode(sha256(BYTES)));
    let args = identity(&digest);
    user.run(&args.iter().map(String::as_str).collect::<Vec<_>>())
        .exits(0);

    let args = identity("-");
    let mut child = user
        .command(&args.iter().map(String::as_str).collect::<Vec<_>>())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(BYTES).unwrap();
    Ran::of(child.wait_with_output().unwrap()).exits(0);

    user.run(&[
        "verify",
        "-",
        "--certificate-identity",
        "a",
        "--certificate-oidc-issuer",
        "b",
    ])
    .exits(2);
    user.run(&[
        "verify",
        "sha256:00",
        "--bundle",
        bundle,
        "--certificate-identity",
        "a",
        "--certificate-oidc-issuer",
        "b",
    ])
    .exits(2);
}

#[test]
fn prints_verdict_as_one_json_object() {
    let user = World::new();
    user.sign(&[FILE]).exits(0);
    let json = user.verify_file(&["--json"]).exits(0).json();
    assert_eq!(json["finding"], "trusted");
    assert_eq!(json["decision"], "allow");
    assert_eq!(json["exit"], 0);
    assert_eq!(
        json["signer"]["subject"],
        json!({ "kind": "email", "name": "author@example.org" })
    );
    assert_eq!(
        json["signature"]["digest"],
        format!("sha256:{}", hex::encode(sha256(BYTES)))
    );
    assert_eq!(json["signature"]["format"], "sigstore-0.3");
    assert_eq!(
        json["signature"]["signed-at"][0]["clock"],
        "timestamp-authority"
    );
}

#[test]
fn reports_missing_bundle_as_unsigned() {
    let user = World::new();
    let ran = user.verify_file(&["--json"]).exits(10);
    assert_eq!(ran.code(), "unsigned");
    assert_eq!(ran.json()["decision"], "deny");
    user.verify_file(&[]).snapshot("verify/unsigned");
}

#[test]
fn fails_for_missing_file() {
    let user = World::new();
    user.run(&[
        "verify",
        "none",
        "--certificate-identity",
        "a",
        "--certificate-oidc-issuer",
        "b",
    ])
    .exits(1);
}

#[test]
fn rejects_flipped_byte_and_prints_both_digests() {
    let user = World::new();
    user.sign(&[FILE]).exits(0);
    let mut bytes = BYTES.to_vec();
    bytes[3] ^= 1;
    fs::write(user.path(FILE), &bytes).unwrap();
    let ran = user
        .verify_file(&[])
        .snapshot("cause/flipped-byte")
        .exits(11);
    assert_eq!(ran.code(), "artifact-mismatch");
    for digest in [sha256(BYTES), sha256(&bytes)] {
        assert!(ran.stdout.contains(&hex::encode(digest)), "{ran:#?}");
    }
}

#[test]
fn rejects_appended_bytes() {
    let user = World::new();
    user.sign(&[FILE]).exits(0);
    let mut file = fs::OpenOptions::new()
        .append(true)
        .open(user.path(FILE))
        .unwrap();
    file.write_all(b"\0").unwrap();
    assert_eq!(
        user.verify_file(&["--json"]).exits(11).code(),
        "artifact-mismatch"
    );
}

/// The code that `verify` reports for a valid bundle after a change to it, in a snapshot of this name.
fn changed(name: &str, user: &World, change: impl FnOnce(&mut Value)) -> String {
    let mut bundle = user.forge(V2, true).bundle();
    change(&mut bundle);
    user.write_bundle(&bundle);
    user.verify_file(&[]).snapshot(name).exits(11).code()
}

const ENTRY: &str = "/verificationMaterial/tlogEntries/0";

#[test]
fn rejects_bundle_assembled_from_two_bundles() {
    let user = World::new();
    let other = user.forge(V2, true).bundle();
    let swap = |pointer: &'static str| {
        let (_, part) = pointer.rsplit_once('/').unwrap();
        changed(&format!("cause/swapped-{part}"), &user, |bundle| {
            *bundle.pointer_mut(pointer).unwrap() = other.pointer(pointer).unwrap().clone();
        })
    };
    assert_eq!(
        swap("/verificationMaterial/certificate"),
        "signature-mismatch"
    );
    assert_eq!(swap("/messageSignature/signature"), "timestamp-invalid");
    assert_eq!(
        swap("/verificationMaterial/timestampVerificationData"),
        "timestamp-invalid"
    );
    assert_eq!(swap(ENTRY), "entry-mismatch");
}

#[test]
fn rejects_bundle_relabelled_as_01_without_proof() {
    let user = World::new();
    let mut bundle = user.forge(V1, false).bundle();
    bundle["mediaType"] = "application/vnd.dev.sigstore.bundle+json;version=0.1".into();
    let certificate = bundle["verificationMaterial"]["certificate"].take();
    let material = bundle["verificationMaterial"].as_object_mut().unwrap();
    material.remove("certificate");
    material.insert(
        "x509CertificateChain".into(),
        json!({ "certificates": [certificate] }),
    );
    let entry = bundle.pointer_mut(ENTRY).unwrap().as_object_mut().unwrap();
    let proof = entry.remove("inclusionProof").unwrap();
    user.write_bundle(&bundle);
    let ran = user.verify_file(&[]).snapshot("cause/relabelled-as-01");
    assert_eq!(ran.exits(11).code(), "inclusion-proof-missing");
    // With its proof it is a right bundle of format 0.1.
    bundle.pointer_mut(ENTRY).unwrap()["inclusionProof"] = proof;
    user.write_bundle(&bundle);
    assert_eq!(
        user.verify_file(&["--json"]).exits(0).json()["signature"]["format"],
        "sigstore-0.1"
    );
}

#[test]
fn rejects_invalid_second_log_entry() {
    let user = World::new();
    let second = user
        .forge(V2, true)
        .bundle()
        .pointer(ENTRY)
        .unwrap()
        .clone();
    let found = changed("cause/second-entry", &user, |bundle| {
        bundle["verificationMaterial"]["tlogEntries"]
            .as_array_mut()
            .unwrap()
            .push(second);
    });
    assert_eq!(found, "entry-mismatch");
}

#[test]
fn accepts_old_cosign_format_only_with_flag() {
    let user = World::new();
    let forged = user.forge(V1, false);
    user.write_bundle(&forged.old_bundle().unwrap());
    let ran = user.verify_file(&[]).snapshot("cause/old-format").exits(11);
    assert_eq!(ran.code(), "old-format");
    assert!(ran.stderr.contains("--allow-old-format"), "{ran:#?}");
    let ran = user.verify_file(&["--allow-old-format"]).exits(0);
    assert!(ran.stdout.contains("no inclusion proof"), "{ran:#?}");
    // What rests on a promise alone still has to rest on it.
    let mut forged = forged.old_bundle().unwrap();
    forged["rekorBundle"]["Payload"]["integratedTime"] = 1_700_000_000.into();
    user.write_bundle(&forged);
    assert_eq!(
        user.verify_file(&["--allow-old-format"])
            .snapshot("cause/old-format-promise")
            .exits(11)
            .code(),
        "inclusion-promise-invalid"
    );
}

#[test]
fn stops_reading_endless_bundle() {
    let user = World::new();
    fs::write(user.bundle(), vec![b'['; (1 << 20) + 1]).unwrap();
    let ran = user.verify_file(&[]).snapshot("cause/bundle-too-large");
    assert_eq!(ran.exits(11).code(), "bundle-too-large");
    fs::write(user.bundle(), vec![b'['; 1 << 20]).unwrap();
    let ran = user.verify_file(&[]).snapshot("cause/bundle-not-json");
    assert_eq!(ran.exits(11).code(), "bundle-not-json");
}

#[test]
fn escapes_control_characters_of_a_bundle() {
    let user = World::new();
    let mut bundle = user.forge(V2, true).bundle();
    bundle["mediaType"] = "\u{1b}[2J trusted".into();
    user.write_bundle(&bundle);
    let ran = user.verify_file(&[]).exits(11);
    assert!(!ran.stdout.contains('\u{1b}'), "{ran:#?}");
}

#[test]
fn rejects_malformed_certificate() {
    let user = World::new();
    let found = changed("cause/certificate-malformed", &user, |bundle| {
        bundle["verificationMaterial"]["certificate"]["rawBytes"] = "MAA=".into();
    });
    assert_eq!(found, "certificate-malformed");
}

#[test]
fn rejects_digest_where_signature_needs_bytes() {
    let user = World::new();
    let mut bundle = user.forge(V2, true).bundle();
    bundle["messageSignature"]["messageDigest"]["algorithm"] = "SHA2_384".into();
    user.write_bundle(&bundle);
    let digest = format!("sha256:{}", hex::encode(sha256(BYTES)));
    let bundle = user.bundle();
    let issuer = user.issuer();
    let ran = user.run(&[
        "verify",
        &digest,
        "--bundle",
        bundle.to_str().unwrap(),
        "--certificate-identity",
        AUTHOR,
        "--certificate-oidc-issuer",
        &issuer,
    ]);
    let ran = ran.snapshot("cause/unsupported").exits(11);
    assert_eq!(ran.code(), "unsupported");
    // With the bytes it is checked, and found to be something else.
    assert_ne!(user.verify_file(&[]).code, Some(0));
}

#[test]
fn rejects_changed_checkpoint_signature() {
    let user = World::new();
    let found = changed("cause/checkpoint-changed", &user, |bundle| {
        let envelope = bundle
            .pointer_mut(&format!("{ENTRY}/inclusionProof/checkpoint/envelope"))
            .unwrap();
        let text = envelope.as_str().unwrap().trim_end().to_owned();
        // A letter in the middle of the signature, behind the four bytes that name the key.
        let at = text.len() - 20;
        let other = if &text[at..=at] == "A" { "B" } else { "A" };
        *envelope = format!("{}{other}{}\n", &text[..at], &text[at + 1..]).into();
    });
    assert_eq!(found, "checkpoint-invalid");
}

#[test]
fn rejects_entry_attributed_to_another_log() {
    let user = World::new();
    let other = user.forge(V2, true).bundle();
    let other = other.pointer(ENTRY).unwrap();
    let name = other["logId"]["keyId"].as_str().unwrap();
    let hint = &base64(name)[..4];
    let mut bundle = user.forge(V1, true).bundle();
    let entry = bundle.pointer_mut(ENTRY).unwrap();
    entry.as_object_mut().unwrap().remove("inclusionPromise");
    entry["logId"]["keyId"] = name.into();
    entry["logIndex"] = "424242".into();
    let envelope = entry["inclusionProof"]["checkpoint"]["envelope"]
        .as_str()
        .unwrap();
    let mut signature = hint.to_vec();
    signature.extend([0; 70]);
    let forged = format!("{envelope}\u{2014} x {}\n", encoded(&signature));
    entry["inclusionProof"]["checkpoint"]["envelope"] = forged.into();
    user.write_bundle(&bundle);
    let ran = user.verify_file(&[]).snapshot("cause/entry-of-another-log");
    assert_eq!(ran.exits(11).code(), "checkpoint-origin");
}

fn base64(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD
        .decode(text)
        .unwrap()
}

fn encoded(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[test]
fn names_the_form_of_a_file_with_several_bundles() {
    let user = World::new();
    user.sign(&[FILE]).exits(0);
    let bundle = std::fs::read_to_string(user.bundle()).unwrap();
    for (name, text) in [
        ("lines", format!("{bundle}\n{bundle}\n")),
        (
            "api",
            format!("{{\"attestations\": [{{\"bundle\": {bundle}}}]}}"),
        ),
        (
            "pypi",
            "{\"version\": 1, \"attestation_bundles\": []}".to_owned(),
        ),
    ] {
        user.write("download.json", text.as_bytes());
        user.verify_file(&["--bundle", "download.json"])
            .exits(1)
            .snapshot(&format!("verify/several_bundles_{name}"));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn fails_if_the_result_cannot_be_written() {
    let user = World::new();
    user.sign(&[FILE]).exits(0);
    for args in [&["inspect", "--json"][..], &["inspect"]] {
        let full = std::fs::File::options()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let bundle = user.bundle();
        let mut command = user.command(args);
        let ran = Ran::of(command.arg(bundle).stdout(full).output().unwrap());
        ran.exits(1).snapshot("verify/output_not_written");
    }
}
