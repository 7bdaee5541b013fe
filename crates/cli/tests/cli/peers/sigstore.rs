//! Verifiers of Sigstore's signatures.

use cpan_sigstore_sandbox::{
    ForgedSignature, Recipe,
    RekorVersion::{self, V1, V2},
    SandboxOptions, TsaMisbehaviour,
};
use serde_json::{Value, json};

use crate::harness::{BYTES, World, sha256};

const ENTRY: &str = "/verificationMaterial/tlogEntries/0";

/// A signature by an account over these bytes.
fn signed(user: &World, account: &str, bytes: &[u8], rekor: RekorVersion) -> ForgedSignature {
    let recipe = Recipe {
        account,
        digest: sha256(bytes),
        rekor,
        timestamp: rekor == V2,
    };
    user.sandbox.forge(&recipe).unwrap()
}

/// The cause for which `verify` refuses a bundle.
#[track_caller]
fn cause(user: &World, bundle: &Value) -> String {
    user.write_bundle(bundle);
    user.verify_file(&["--allow-old-format"]).exits(11).code()
}

/// The entry names other bytes, or another signature.
#[track_caller]
fn assert_about_another(cause: &str) {
    assert!(
        ["artifact-mismatch", "entry-mismatch"].contains(&cause),
        "{cause}"
    );
}

/// Cosign accepted a genuine log entry beside a signature that it was not about, in the old format even without
/// comparing anything (GHSA-whqx-f9j3-ch6m; likewise CVE-2022-23649 and CVE-2022-36056).
#[test]
fn cve_2026_22703_entry_about_another_signature() {
    let user = World::new();
    for (account, bytes) in [
        ("author", &b"other bytes"[..]),
        ("author", BYTES),
        ("stranger", BYTES),
    ] {
        let own = signed(&user, "author", BYTES, V1);
        let other = signed(&user, account, bytes, V1);
        let mut old = own.old_bundle().unwrap();
        old["rekorBundle"] = other.old_bundle().unwrap()["rekorBundle"].clone();
        assert_about_another(&cause(&user, &old));
        for rekor in [V1, V2] {
            let own = signed(&user, "author", BYTES, rekor);
            let other = signed(&user, account, bytes, rekor);
            let mut bundle = own.bundle();
            *bundle.pointer_mut(ENTRY).unwrap() = other.bundle().pointer(ENTRY).unwrap().clone();
            assert_about_another(&cause(&user, &bundle));
        }
    }
}

/// Cosign's `verify-blob` took an invalid or missing entry for success, and compared no identity beside one.
#[test]
fn cve_2022_36056_old_bundle_without_a_valid_entry() {
    let user = World::new();
    let old = signed(&user, "author", BYTES, V1).old_bundle().unwrap();
    for wrong in [json!(null), json!({}), json!({ "Payload": {} }), json!("")] {
        let mut bundle = old.clone();
        bundle["rekorBundle"] = wrong.clone();
        user.write_bundle(&bundle);
        user.verify_file(&["--allow-old-format"]).exits(11);
    }
    let mut unsigned = old.clone();
    unsigned.as_object_mut().unwrap().remove("rekorBundle");
    user.write_bundle(&unsigned);
    user.verify_file(&["--allow-old-format"]).exits(11);
    for field in ["integratedTime", "logIndex"] {
        let mut bundle = old.clone();
        bundle["rekorBundle"]["Payload"][field] = 1.into();
        let found = cause(&user, &bundle);
        assert_eq!(found, "inclusion-promise-invalid", "{field}");
    }
    let stranger = signed(&user, "stranger", BYTES, V1).old_bundle().unwrap();
    user.write_bundle(&stranger);
    let ran = user.verify_file(&["--allow-old-format"]).exits(12);
    assert!(ran.stdout.contains("stranger"), "{ran:#?}");
    user.write_bundle(&old);
    user.verify_file(&["--allow-old-format"]).exits(0);
}

/// Several clients took the time of an entry from the bundle, although no promise of the log covered it.
#[test]
fn time_of_an_entry_without_a_promise_is_no_time() {
    let user = World::new();
    let bundle = signed(&user, "author", BYTES, V1).bundle();
    let mut without = bundle.clone();
    let entry = without.pointer_mut(ENTRY).unwrap().as_object_mut().unwrap();
    entry.remove("inclusionPromise").unwrap();
    assert_eq!(cause(&user, &without), "timestamp-missing");
    let mut later = bundle.clone();
    later.pointer_mut(ENTRY).unwrap()["integratedTime"] = "1700000000".into();
    assert_eq!(cause(&user, &later), "inclusion-promise-invalid");
    user.write_bundle(&bundle);
    user.verify_file(&[]).exits(0);
}

/// Cosign compared the time of signing with the leaf's validity alone (GHSA-wfqv-66vq-46rm).
#[test]
fn cve_2026_24122_issuing_certificate_that_had_ended() {
    let user = World::with(SandboxOptions {
        intermediate_ended: true,
        ..SandboxOptions::default()
    });
    for rekor in [V1, V2] {
        let bundle = signed(&user, "author", BYTES, rekor).bundle();
        assert_eq!(cause(&user, &bundle), "authority-expired", "{rekor:?}");
    }
}

/// A library verified a timestamp with one certificate of the token, and checked the authority by another.
#[test]
fn cve_2026_39984_timestamp_with_the_certificate_of_another() {
    let user = World::new();
    let tsa = user.sandbox.tsa.misbehaviour();
    tsa.set(TsaMisbehaviour::OtherKey);
    let bundle = signed(&user, "author", BYTES, V2).bundle();
    assert_eq!(cause(&user, &bundle), "timestamp-invalid");
    // The signer that the token names is not in the trusted root.
    tsa.set(TsaMisbehaviour::CertificateOfAnother);
    user.write_bundle(&signed(&user, "author", BYTES, V2).bundle());
    assert_eq!(user.verify_file(&[]).exits(3).code(), "unavailable");
    tsa.clear();
    let bundle = signed(&user, "author", BYTES, V2).bundle();
    user.write_bundle(&bundle);
    user.verify_file(&[]).exits(0);
}

/// Gitsign found entries by key *or* payload, and took the first one (GHSA-8pmp-678w-c8xx).
#[test]
fn cve_2024_51746_entry_beside_the_right_one() {
    let user = World::new();
    for first in [false, true] {
        let mut bundle = signed(&user, "author", BYTES, V2).bundle();
        let other = signed(&user, "author", b"other bytes", V2).bundle();
        let other = other.pointer(ENTRY).unwrap().clone();
        let entries = bundle["verificationMaterial"]["tlogEntries"]
            .as_array_mut()
            .unwrap();
        entries.insert(usize::from(!first), other);
        assert_about_another(&cause(&user, &bundle));
    }
}
