//! Every misbehaviour of every authority, and every change to a bundle, is refused with its own
//! code: by `verify`, for bundles of a signer that checks nothing, and by `sign`, which writes none.

use std::collections::BTreeMap;

use cpan_sigstore_sandbox::{
    CaMisbehaviour as Ca, CtLogMisbehaviour as Ct, RekorMisbehaviour as Rekor,
    RekorVersion::{self, V1, V2},
    SandboxOptions, TrustedPart, TsaMisbehaviour as Tsa,
};
use jiff::SignedDuration;

use crate::harness::{AUTHOR, FILE, User};

/// Signs with whatever goes wrong, and says what `verify` makes of it.
fn verdict(user: &User, rekor: RekorVersion, timestamp: bool) -> String {
    user.write_bundle(&user.forge(rekor, timestamp).bundle());
    user.verify(&["--json"]).code()
}

/// All that is wrong in a table is told at once.
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
fn what_is_right_is_trusted() {
    let user = User::new();
    for (rekor, timestamp) in [(V1, false), (V1, true), (V2, true)] {
        assert_eq!(verdict(&user, rekor, timestamp), "trusted");
    }
}

#[test]
fn a_misbehaving_certificate_authority_is_found_out() {
    let user = User::new();
    let mut table = Table::new();
    for (wrong, expected) in [
        (Ca::UntrustedRoot, "certificate-untrusted"),
        (Ca::BadSignature, "certificate-untrusted"),
        (Ca::NoCodeSigning, "certificate-untrusted"),
        (Ca::Expired, "certificate-expired"),
        (Ca::NoSct, "sct-invalid"),
        (Ca::NoIssuer, "certificate-identity"),
        (Ca::OtherIdentity, "identity-mismatch"),
        (Ca::OtherIssuer, "identity-mismatch"),
    ] {
        user.sandbox.ca.misbehaviour().set(wrong);
        table.check(wrong, verdict(&user, V2, true), expected);
    }
    table.done();
}

#[test]
fn a_misbehaving_certificate_log_is_found_out() {
    let user = User::new();
    let mut table = Table::new();
    for wrong in [Ct::OtherKey, Ct::UnknownLog, Ct::OtherCertificate] {
        user.sandbox.ct_log.misbehaviour().set(wrong);
        table.check(wrong, verdict(&user, V2, true), "sct-invalid");
    }
    table.done();
}

#[test]
fn a_misbehaving_rekor_v2_is_found_out() {
    let user = User::new();
    // A first entry, so that there are others, and older trees.
    assert_eq!(verdict(&user, V2, true), "trusted");
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
        (Rekor::OtherLogId, "log-unknown"),
        (Rekor::OtherOrigin, "checkpoint-origin"),
    ] {
        user.sandbox.rekor_v2.misbehaviour().set(wrong);
        table.check(wrong, verdict(&user, V2, true), expected);
    }
    table.done();
}

#[test]
fn a_misbehaving_rekor_v1_is_found_out() {
    let user = User::new();
    assert_eq!(verdict(&user, V1, false), "trusted");
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
        (Rekor::OtherLogId, "log-unknown"),
    ] {
        user.sandbox.rekor_v1.misbehaviour().set(wrong);
        table.check(wrong, verdict(&user, V1, false), expected);
    }
    table.done();
}

#[test]
fn a_misbehaving_timestamp_authority_is_found_out() {
    let user = User::new();
    let mut table = Table::new();
    for (wrong, expected) in [
        (Tsa::OtherKey, "timestamp-invalid"),
        (Tsa::UnknownAuthority, "timestamp-invalid"),
        (Tsa::OtherMessage, "timestamp-invalid"),
        (Tsa::Rejected, "timestamp-invalid"),
        (Tsa::FractionalSeconds, "timestamp-form"),
    ] {
        user.sandbox.tsa.misbehaviour().set(wrong);
        table.check(wrong, verdict(&user, V2, true), expected);
    }
    user.sandbox.tsa.misbehaviour().clear();
    table.check(
        "no timestamp",
        verdict(&user, V2, false),
        "timestamp-missing",
    );
    table.done();
}

#[test]
fn a_clock_that_is_wrong_is_found_out() {
    let mut table = Table::new();
    let hour = SignedDuration::from_hours(1);
    let user = User::new();
    user.sandbox.tsa.clock().set_offset(hour);
    table.check(
        "timestamp after expiry",
        verdict(&user, V2, true),
        "certificate-expired",
    );
    user.sandbox.tsa.clock().set_offset(-hour);
    table.check(
        "timestamp before issue",
        verdict(&user, V2, true),
        "certificate-expired",
    );
    user.sandbox.tsa.clock().set_offset(SignedDuration::ZERO);
    user.sandbox.rekor_v1.clock().set_offset(hour);
    table.check(
        "log in the future",
        verdict(&user, V1, false),
        "log-time-invalid",
    );
    user.sandbox.rekor_v1.clock().set_offset(-hour);
    table.check(
        "log before issue",
        verdict(&user, V1, false),
        "certificate-expired",
    );
    table.done();
}

#[test]
fn an_authority_whose_time_is_over_is_not_trusted() {
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
        let user = User::with(SandboxOptions {
            ended: vec![part],
            ..SandboxOptions::default()
        });
        table.check(part, verdict(&user, rekor, timestamp), expected);
    }
    table.done();
}

/// `sign` with an authority that misbehaves: what it says, and that it leaves nothing.
fn refused(user: &User, args: &[&str]) -> String {
    let ran = user.sign(args);
    assert_ne!(ran.code, Some(0), "{ran:#?}");
    assert_eq!(user.files(), [FILE], "{ran:#?}");
    ran.stderr
}

#[test]
fn sign_hands_out_nothing_that_would_be_refused() {
    let user = User::new();
    let mut table = Table::new();
    // A first entry, so that there are others, and older trees.
    user.forge(V2, true);
    let mut check = |case: &dyn std::fmt::Debug, expected: &'static str| {
        let said = refused(&user, &[FILE]);
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
        (Ca::OtherIdentity, "expected to sign as author@example.org"),
        (Ca::OtherIssuer, "expected to sign as author@example.org"),
        (Ca::NoIssuer, "no issuer of the identity"),
        (Ca::OtherKey, "found one for another key"),
    ] {
        user.sandbox.ca.misbehaviour().set(wrong);
        check(&wrong, expected);
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
            "expected a log entry about this signature",
        ),
    ] {
        user.sandbox.rekor_v2.misbehaviour().set(wrong);
        check(&wrong, expected);
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
        check(&wrong, expected);
    }
    table.done();
}

#[test]
fn nothing_is_logged_under_a_name_that_was_not_meant() {
    let user = User::new();
    let ran = user
        .sign(&["--identity", "somebody@example.org", FILE])
        .exits(12);
    assert!(ran.stderr.contains("somebody@example.org"), "{ran:#?}");
    assert!(ran.stderr.contains(AUTHOR), "{ran:#?}");
    assert!(user.sandbox.services.rekor_v2.requests().is_empty());
    assert_eq!(user.files(), [FILE]);
}
