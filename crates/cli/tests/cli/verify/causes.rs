//! Every misbehaviour of every authority, and every change to a bundle, has its own code: `verify` refuses
//! the bundles of a signer that checks nothing, and `sign` writes none.

use std::collections::BTreeMap;

use cpan_sigstore_sandbox::{
    CaMisbehaviour as Ca, CtLogMisbehaviour as Ct, RekorMisbehaviour as Rekor,
    RekorVersion::{self, V1, V2},
    SandboxOptions, TrustedPart, TsaMisbehaviour as Tsa,
};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::harness::{AUTHOR, FILE, World};

/// Signs with the misbehaviour that is set, and returns the code that `verify` reports, in a snapshot of this name.
fn verdict(name: &str, user: &World, rekor: RekorVersion, timestamp: bool) -> String {
    user.write_bundle(&user.forge(rekor, timestamp).bundle());
    user.verify_file(&[])
        .snapshot(&format!("cause/{name}"))
        .code()
}

/// A name such as `ca-untrusted-root`.
fn named(authority: &str, wrong: impl std::fmt::Debug) -> String {
    let mut name = authority.to_owned();
    for letter in format!("{wrong:?}").chars() {
        if letter.is_ascii_uppercase() {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

/// A table of cases, which reports all wrong ones at once.
struct Table(BTreeMap<String, (String, &'static str)>);

impl Table {
    fn new() -> Self {
        Self(BTreeMap::new())
    }

    fn check(&mut self, case: impl std::fmt::Debug, found: String, expected: &'static str) {
        if found != expected {
            self.0.insert(format!("{case:?}"), (found, expected));
        }
    }

    #[track_caller]
    fn done(self) {
        assert!(self.0.is_empty(), "case: (found, expected)\n{:#?}", self.0);
    }
}

#[test]
fn trusts_every_valid_combination() {
    let user = World::new();
    for (rekor, timestamp) in [(V1, false), (V1, true), (V2, true)] {
        let name = format!("{}-{timestamp}", named("valid", rekor));
        assert_eq!(verdict(&name, &user, rekor, timestamp), "trusted");
    }
}

#[test]
fn rejects_misbehaving_certificate_authority() {
    let user = World::new();
    let mut table = Table::new();
    for (wrong, expected) in [
        (Ca::UntrustedRoot, "unavailable"),
        (Ca::BadSignature, "certificate-untrusted"),
        (Ca::NoCodeSigning, "certificate-untrusted"),
        (Ca::Expired, "certificate-expired"),
        (Ca::NoSct, "sct-invalid"),
        (Ca::NoIssuer, "certificate-identity"),
        (Ca::OtherIdentity, "identity-mismatch"),
        (Ca::OtherIssuer, "identity-mismatch"),
    ] {
        user.sandbox.ca.misbehaviour().set(wrong);
        let name = named("ca", wrong);
        table.check(wrong, verdict(&name, &user, V2, true), expected);
    }
    table.done();
}

#[test]
fn rejects_misbehaving_certificate_log() {
    let user = World::new();
    let mut table = Table::new();
    for (wrong, expected) in [
        (Ct::OtherKey, "sct-invalid"),
        (Ct::UnknownLog, "unavailable"),
        (Ct::OtherCertificate, "sct-invalid"),
    ] {
        user.sandbox.ct_log.misbehaviour().set(wrong);
        let name = named("ct-log", wrong);
        table.check(wrong, verdict(&name, &user, V2, true), expected);
    }
    table.done();
}

#[test]
fn rejects_misbehaving_rekor_v2() {
    let user = World::new();
    // A first entry, so that there are others, and older trees.
    user.forge(V2, true);
    let mut table = Table::new();
    for (wrong, expected) in [
        (Rekor::OtherKey, "checkpoint-origin"),
        (Rekor::StaleCheckpoint, "bundle-contradictory"),
        (Rekor::NoProof, "inclusion-proof-missing"),
        (Rekor::NoCheckpoint, "checkpoint-invalid"),
        (Rekor::ProofOfOtherEntry, "inclusion-proof-invalid"),
        (Rekor::WrongRoot, "inclusion-proof-invalid"),
        (Rekor::OtherArtifact, "entry-mismatch"),
        (Rekor::OtherSignature, "entry-mismatch"),
        (Rekor::OtherVerifier, "entry-mismatch"),
        (Rekor::OtherLogId, "unavailable"),
        (Rekor::OtherOrigin, "checkpoint-origin"),
    ] {
        user.sandbox.rekor_v2.misbehaviour().set(wrong);
        let name = named("rekor-v2", wrong);
        table.check(wrong, verdict(&name, &user, V2, true), expected);
    }
    table.done();
}

#[test]
fn rejects_misbehaving_rekor_v1() {
    let user = World::new();
    user.forge(V1, false);
    let mut table = Table::new();
    for (wrong, expected) in [
        (Rekor::OtherKey, "checkpoint-origin"),
        (Rekor::StaleCheckpoint, "bundle-contradictory"),
        (Rekor::NoProof, "inclusion-proof-missing"),
        (Rekor::NoCheckpoint, "checkpoint-invalid"),
        (Rekor::NoPromise, "timestamp-missing"),
        (Rekor::ProofOfOtherEntry, "inclusion-proof-invalid"),
        (Rekor::WrongRoot, "inclusion-proof-invalid"),
        (Rekor::OtherArtifact, "entry-mismatch"),
        (Rekor::OtherSignature, "entry-mismatch"),
        (Rekor::OtherVerifier, "entry-malformed"),
        (Rekor::OtherLogId, "unavailable"),
    ] {
        user.sandbox.rekor_v1.misbehaviour().set(wrong);
        let name = named("rekor-v1", wrong);
        table.check(wrong, verdict(&name, &user, V1, false), expected);
    }
    table.done();
}

#[test]
fn rejects_misbehaving_timestamp_authority() {
    let user = World::new();
    let mut table = Table::new();
    for (wrong, expected) in [
        (Tsa::OtherKey, "timestamp-invalid"),
        (Tsa::UnknownAuthority, "unavailable"),
        (Tsa::CertificateOfAnother, "unavailable"),
        (Tsa::OtherMessage, "timestamp-invalid"),
        (Tsa::Rejected, "timestamp-invalid"),
        (Tsa::FractionalSeconds, "timestamp-form"),
    ] {
        user.sandbox.tsa.misbehaviour().set(wrong);
        let name = named("tsa", wrong);
        table.check(wrong, verdict(&name, &user, V2, true), expected);
    }
    user.sandbox.tsa.misbehaviour().clear();
    table.check(
        "no timestamp",
        verdict("tsa-none", &user, V2, false),
        "timestamp-missing",
    );
    table.done();
}

#[test]
fn rejects_times_of_wrong_clocks() {
    let mut table = Table::new();
    let hour = SignedDuration::from_hours(1);
    let user = World::new();
    user.sandbox.tsa.clock().set_offset(hour);
    table.check(
        "timestamp after expiry",
        verdict("clock-timestamp-after-expiry", &user, V2, true),
        "certificate-expired",
    );
    user.sandbox.tsa.clock().set_offset(-hour);
    table.check(
        "timestamp before issue",
        verdict("clock-timestamp-before-issue", &user, V2, true),
        "certificate-expired",
    );
    user.sandbox.tsa.clock().set_offset(SignedDuration::ZERO);
    user.sandbox.rekor_v1.clock().set_offset(hour);
    table.check(
        "log in the future",
        verdict("clock-log-in-the-future", &user, V1, false),
        "log-time-invalid",
    );
    user.sandbox.rekor_v1.clock().set_offset(-hour);
    table.check(
        "log before issue",
        verdict("clock-log-before-issue", &user, V1, false),
        "certificate-expired",
    );
    table.done();
}

#[test]
fn rejects_authority_whose_validity_ended() {
    let mut table = Table::new();
    for (part, rekor, timestamp, expected) in [
        (
            TrustedPart::CertificateAuthority,
            V2,
            true,
            "authority-expired",
        ),
        (
            TrustedPart::TimeStampAuthority,
            V2,
            true,
            "authority-expired",
        ),
        (TrustedPart::CtLog, V2, true, "sct-invalid"),
        (TrustedPart::RekorV1, V1, false, "inclusion-promise-invalid"),
        (TrustedPart::RekorV2, V2, true, "log-unknown"),
    ] {
        let user = World::with(SandboxOptions {
            ended: vec![part],
            ..SandboxOptions::default()
        });
        let name = named("ended", part);
        table.check(part, verdict(&name, &user, rekor, timestamp), expected);
    }
    table.done();
}

/// `sign` with an authority that misbehaves: what it says, and that it leaves nothing.
fn refused(name: &str, user: &World, args: &[&str]) -> String {
    let ran = user.sign(args).snapshot(&format!("sign/refused-{name}"));
    assert_ne!(ran.code, Some(0), "{ran:#?}");
    assert_eq!(user.files(), [FILE], "{ran:#?}");
    ran.stderr
}

#[test]
fn signs_nothing_that_would_not_verify() {
    let user = World::new();
    let mut table = Table::new();
    // A first entry, so that there are others, and older trees.
    user.forge(V2, true);
    let mut check = |authority: &str, case: &dyn std::fmt::Debug, expected: &'static str| {
        let said = refused(&named(authority, case), &user, &[FILE]);
        let found = if said.contains(expected) {
            expected.into()
        } else {
            said
        };
        table.check(case, found, expected);
    };
    for (wrong, expected) in [
        (
            Ca::UntrustedRoot,
            "expected a code-signing certificate by a trusted authority",
        ),
        (
            Ca::NoSct,
            "expected a certificate chain with an embedded SCT",
        ),
        (Ca::OtherIdentity, "cannot sign as author@example.org"),
        (Ca::OtherIssuer, "cannot sign as author@example.org"),
        (Ca::NoIssuer, "no issuer of the identity"),
        (Ca::OtherKey, "is for another key"),
    ] {
        user.sandbox.ca.misbehaviour().set(wrong);
        check("ca", &wrong, expected);
    }
    user.sandbox.ca.misbehaviour().clear();
    for (wrong, expected) in [
        (
            Rekor::OtherKey,
            "expected a checkpoint of the log that the entry names",
        ),
        (
            Rekor::NoProof,
            "expected every log entry with an inclusion proof",
        ),
        (
            Rekor::OtherArtifact,
            "expected a log entry for this signature",
        ),
    ] {
        user.sandbox.rekor_v2.misbehaviour().set(wrong);
        check("rekor-v2", &wrong, expected);
    }
    user.sandbox.rekor_v2.misbehaviour().clear();
    for (wrong, expected) in [
        (
            Tsa::OtherKey,
            "expected a timestamp over this signature by a trusted authority",
        ),
        (Tsa::OtherMessage, "found one for another"),
        (Tsa::OtherNonce, "found one for another"),
        (Tsa::NoNonce, "found one for another"),
        (Tsa::Rejected, "found the status Rejection"),
        (
            Tsa::FractionalSeconds,
            "found one with fractions of a second",
        ),
    ] {
        user.sandbox.tsa.misbehaviour().set(wrong);
        check("tsa", &wrong, expected);
    }
    table.done();
}

#[test]
fn logs_nothing_under_unintended_name() {
    let user = World::new();
    let ran = user
        .sign(&["--identity", "somebody@example.org", FILE])
        .exits(12)
        .snapshot("sign/logs_nothing_under_unintended_name");
    assert!(ran.stderr.contains("somebody@example.org"), "{ran:#?}");
    assert!(ran.stderr.contains(AUTHOR), "{ran:#?}");
    assert!(user.sandbox.services.rekor_v2.requests().is_empty());
    assert_eq!(user.files(), [FILE]);
}

/// A change to a bundle, the cause that it leads to, and its name.
type Change = (&'static str, fn(&mut Value), &'static str);

#[test]
fn rejects_malformed_and_ambiguous_bundles() {
    let changes: [Change; 6] = [
        (
            "media-type",
            |bundle| bundle["mediaType"] = "application/json".into(),
            "bundle-media-type",
        ),
        (
            "unknown-field",
            |bundle| bundle["more"] = 1.into(),
            "bundle-malformed",
        ),
        (
            "certificate-and-key",
            |bundle| bundle["verificationMaterial"]["publicKey"] = json!({ "hint": "x" }),
            "bundle-ambiguous",
        ),
        (
            "many-entries",
            |bundle| {
                let entries = &mut bundle["verificationMaterial"]["tlogEntries"];
                let entry = entries[0].clone();
                *entries = vec![entry; 100].into();
            },
            "bundle-excess",
        ),
        (
            "key-for-identity",
            |bundle| {
                let material = bundle["verificationMaterial"].as_object_mut().unwrap();
                material.remove("certificate");
                material.insert("publicKey".into(), json!({ "hint": "x" }));
            },
            "key-kind",
        ),
        (
            "bundle-of-another-file",
            |bundle| {
                let digest = &mut bundle["messageSignature"]["messageDigest"]["digest"];
                *digest = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".into();
            },
            "artifact-mismatch",
        ),
    ];
    let user = World::new();
    let valid = user.forge(V2, true).bundle();
    let mut table = Table::new();
    for (name, change, expected) in changes {
        let mut bundle = valid.clone();
        change(&mut bundle);
        user.write_bundle(&bundle);
        let ran = user.verify_file(&[]).snapshot(&format!("cause/{name}"));
        table.check(name, ran.code(), expected);
    }
    let twice = format!("{{\"mediaType\":\"x\",{}", &valid.to_string()[1..]);
    std::fs::write(user.bundle(), twice).unwrap();
    let ran = user.verify_file(&[]).snapshot("cause/duplicate-key");
    table.check("duplicate key", ran.code(), "bundle-duplicate-key");
    table.done();
}
