mod examples;
mod log;
mod owners;
mod pins;
mod records;
pub(crate) mod vectors;

use cpan_sigstore_core::{
    digest::Sha256Digest,
    finding::Exit,
    identity::{CiClaims, Subject},
    policy::Policy,
};
use cpan_sigstore_keyless::verify::VerifiedSignature;
use cpan_sigstore_records::chain::RecordChain;
use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::{
    authorized::{AuthorizedSigners, ChainSources, PlaceRecords},
    evidence::OwnerEvidence,
    store::{FirstSigner, StoreRows},
};

const PINNED: &str = "[author.TIMLEGGE]\nidentities = [{ subject = 'tim@x', issuer = 'i', until = '2026-06-01T00:00:00Z' }]\n";
/// Before the pin ends.
const EARLY: &str = "2026-01-01T00:00:00Z";
/// After it.
const LATE: &str = "2026-11-24T00:00:00Z";

fn signer(name: &str) -> SignerIdentity {
    SignerIdentity {
        subject: Subject::Email(name.into()),
        issuer: "i".into(),
        claims: CiClaims::default(),
    }
}

fn valid(name: &str, when: &str) -> Signature {
    verified(signer(name), vec![when.parse().unwrap()], None)
}

fn stated(predicate: &str) -> Signature {
    verified(
        signer("tim@x"),
        vec![EARLY.parse().unwrap()],
        Some(predicate.into()),
    )
}

fn verified(
    signer: SignerIdentity,
    times: Vec<Timestamp>,
    attestation: Option<String>,
) -> Signature {
    let verified = VerifiedSignature::pretended(signer, times, attestation);
    Signature::Verified(Box::new(verified))
}

fn refused() -> Signature {
    Signature::Invalid(VerificationFailure::new(
        Cause::ArtifactMismatch,
        "other bytes",
    ))
}

fn look(finding: Finding) -> ArchiveAssessment {
    ArchiveAssessment::Finding {
        finding,
        expected: "one".into(),
        found: "another".into(),
    }
}

fn evidence(signature: Signature) -> Evidence {
    let sources = sources();
    Evidence {
        authorized: AuthorizedSigners::of(&sources, now()),
        sources,
        undetermined: None,
        index: None,
        log: None,
        digest: Sha256Digest::new([1; 32]),
        signature,
        archive: ArchiveAssessment::Fits,
        known: StoreRows::default(),
        owners: OwnerEvidence::default(),
        trust_age: None,
    }
}

fn now() -> Timestamp {
    LATE.parse().unwrap()
}

/// Nothing is known of the author.
fn sources() -> ChainSources {
    ChainSources {
        known: RecordChain::new("TIMLEGGE".parse().unwrap()),
        first_seen: None,
        index: PlaceRecords::default(),
        directory: PlaceRecords::default(),
        overrides: Vec::new(),
    }
}

fn seen(name: &str) -> Option<StableIdentity> {
    Some(StableIdentity::from(&signer(name)))
}

/// The first signer of the distribution in an author's directory.
fn first_signer(author: &str, name: &str) -> FirstSigner {
    FirstSigner {
        author: author.parse().unwrap(),
        identity: StableIdentity::from(&signer(name)),
    }
}

fn judge(policy: &str, evidence: &Evidence) -> Verdict {
    let path = "T/TI/TIMLEGGE/Foo-Bar-1.02.tar.gz".parse().unwrap();
    let policy = Policy::parse(policy).unwrap();
    decide(&path, evidence, &policy.rules(&path, &[]))
}

/// The reasons of a verdict, one on a line.
fn lines(verdict: &Verdict) -> String {
    let reasons: Vec<_> = verdict.reasons.iter().map(Reason::to_string).collect();
    reasons.join("\n")
}

#[track_caller]
fn assert_found(verdict: &Verdict, finding: Finding, decision: Decision) {
    assert_eq!(
        (verdict.finding, verdict.decision),
        (finding, decision),
        "{verdict}"
    );
    assert!(!verdict.reasons.is_empty());
}

#[test]
fn pins_decide_at_time_of_signing_before_first_signer() {
    for (signature, finding) in [
        (valid("tim@x", EARLY), Finding::Trusted),
        (valid("tim@x", LATE), Finding::IdentityRetired),
        (valid("eve@x", EARLY), Finding::IdentityMismatch),
    ] {
        let mut evidence = evidence(signature);
        evidence.known.author = seen("eve@x");
        let verdict = judge(PINNED, &evidence);
        assert_eq!(verdict.finding, finding);
        assert_eq!(verdict.admits(), finding == Finding::Trusted);
        assert_eq!(verdict.binding, Some(BindingSource::Pin));
        assert!(verdict.signer.is_some());
    }
}

#[test]
fn first_signer_decides_without_pins() {
    let tim = || valid("tim@x", LATE);
    let unknown = judge("", &evidence(tim()));
    assert_found(&unknown, Finding::IdentityUnknown, Decision::Warn);
    for (author, distribution, finding) in [
        (Some("tim@x"), None, Finding::Trusted),
        (Some("tim@x"), Some("eve@x"), Finding::Trusted),
        (Some("eve@x"), Some("tim@x"), Finding::IdentityChanged),
        (None, Some("tim@x"), Finding::Trusted),
        (None, Some("eve@x"), Finding::IdentityChanged),
    ] {
        let mut evidence = evidence(tim());
        evidence.known.author = author.and_then(seen);
        let own = distribution.map(|name| first_signer("TIMLEGGE", name));
        evidence.known.distribution = own.into_iter().collect();
        let verdict = judge("", &evidence);
        assert_eq!(verdict.finding, finding);
        assert_eq!(verdict.binding, Some(BindingSource::FirstSeen));
    }
}

#[test]
fn another_authors_distribution_answers_for_nobody_else() {
    // The same name in EVE's directory, and a release of an author of whom nothing is known, by any signer.
    for name in ["tim@x", "eve@x"] {
        let mut evidence = evidence(valid(name, LATE));
        evidence.known.distribution = vec![first_signer("EVE", "eve@x")];
        let verdict = judge("", &evidence);
        assert_found(&verdict, Finding::IdentityUnknown, Decision::Warn);
        let is_reported = verdict
            .reasons
            .iter()
            .any(|it| it.to_string().contains("first seen from EVE"));
        assert_eq!(is_reported, name == "tim@x", "{verdict:?}");
        let strict = judge("default.require-signed = true", &evidence);
        assert_found(&strict, Finding::IdentityUnknown, Decision::Deny);
    }
}

#[test]
fn another_authors_upload_locks_nobody_out() {
    let locked = |signature| {
        let mut evidence = evidence(signature);
        evidence.known.distribution = vec![first_signer("EVE", "eve@x")];
        evidence.known.signed = Some("E/EV/EVE/Foo-Bar-0.0001.tar.gz".parse().unwrap());
        evidence
    };
    let unsigned = judge("", &locked(Signature::Absent));
    assert_found(&unsigned, Finding::Unsigned, Decision::Warn);
    let pinned = judge(PINNED, &locked(valid("tim@x", EARLY)));
    assert_found(&pinned, Finding::Trusted, Decision::Allow);
}

#[test]
fn missing_bundle_is_unsigned_or_downgrade() {
    let mut evidence = evidence(Signature::Absent);
    assert_found(&judge("", &evidence), Finding::Unsigned, Decision::Warn);
    let strict = judge("default.require-signed = true", &evidence);
    assert_found(&strict, Finding::Unsigned, Decision::Deny);
    assert_eq!(strict.exit(), Exit::Unsigned);
    evidence.known.signed = Some("T/TI/TIMLEGGE/Foo-Bar-1.01.tar.gz".parse().unwrap());
    let verdict = judge("default.unsigned = 'allow'", &evidence);
    assert_found(&verdict, Finding::Downgrade, Decision::Deny);
    assert_eq!(verdict.exit(), Exit::Downgrade);
}

#[test]
fn rejects_statement_about_something_else() {
    for (predicate, finding) in [
        ("https://slsa.dev/provenance/v1", Finding::Trusted),
        (
            "https://docs.pypi.org/attestations/publish/v1",
            Finding::Trusted,
        ),
        (
            "https://spdx.dev/Document",
            Finding::SignatureInvalid(Cause::StatementKind),
        ),
        (
            "https://slsa.dev/provenance/v1 ",
            Finding::SignatureInvalid(Cause::StatementKind),
        ),
    ] {
        assert_eq!(judge(PINNED, &evidence(stated(predicate))).finding, finding);
    }
}

#[test]
fn old_trust_material_is_unavailable() {
    let mut evidence = evidence(valid("tim@x", EARLY));
    evidence.trust_age = Some(SignedDuration::from_hours(24 * 30));
    assert_eq!(judge(PINNED, &evidence).finding, Finding::Trusted);
    evidence.trust_age = Some(SignedDuration::from_hours(24 * 30 + 1));
    assert_found(
        &judge(PINNED, &evidence),
        Finding::Unavailable,
        Decision::TryLater,
    );
    let policy = format!("default.trust-material-age = 60\n{PINNED}");
    assert_eq!(judge(&policy, &evidence).finding, Finding::Trusted);
}

#[test]
fn signature_comes_before_archive_and_excuses_nothing() {
    let hostile = look(Finding::ArchiveHostile);
    for (signature, policy, finding) in [
        (valid("tim@x", EARLY), PINNED, Finding::ArchiveHostile),
        (Signature::Absent, "", Finding::ArchiveHostile),
        (
            Signature::Absent,
            "default.unsigned = 'deny'",
            Finding::Unsigned,
        ),
        (valid("eve@x", EARLY), PINNED, Finding::IdentityMismatch),
        (
            refused(),
            PINNED,
            Finding::SignatureInvalid(Cause::ArtifactMismatch),
        ),
    ] {
        let mut evidence = evidence(signature);
        evidence.archive = hostile.clone();
        let verdict = judge(policy, &evidence);
        assert_found(&verdict, finding, Decision::Deny);
    }
    // Two warnings: the first is the finding, the other stands beside it.
    let mut evidence = evidence(Signature::Absent);
    evidence.archive = look(Finding::NameUnchecked);
    let verdict = judge("", &evidence);
    assert_found(&verdict, Finding::Unsigned, Decision::Warn);
    assert!(
        verdict.reasons[1]
            .to_string()
            .starts_with("also name-unchecked")
    );
    let verdict = judge("default.unsigned = 'allow'", &evidence);
    assert_found(&verdict, Finding::NameUnchecked, Decision::Warn);
    let verdict = judge("default.name-unchecked = 'deny'", &evidence);
    assert_found(&verdict, Finding::NameUnchecked, Decision::Deny);
    assert_eq!(verdict.exit(), Exit::Archive);
}

fn signatures() -> impl Strategy<Value = Signature> {
    prop_oneof![
        Just(Signature::Absent),
        Just(refused()),
        Just(Signature::Undetermined("no network".into())),
        Just(valid("tim@x", EARLY)),
        Just(valid("tim@x", LATE)),
        Just(valid("eve@x", EARLY)),
        Just(stated("https://spdx.dev/Document")),
        Just(stated("https://slsa.dev/provenance/v1")),
    ]
}

fn archives() -> impl Strategy<Value = ArchiveAssessment> {
    prop_oneof![
        Just(ArchiveAssessment::Fits),
        Just(look(Finding::NameUnchecked)),
        Just(look(Finding::NameMismatch)),
        Just(look(Finding::ArchiveHostile)),
    ]
}

fn identities() -> impl Strategy<Value = Option<StableIdentity>> {
    prop_oneof![Just(None), Just(seen("tim@x")), Just(seen("eve@x"))]
}

proptest! {
    #[test]
    fn undetermined_never_passes_and_strictness_only_narrows(
        signature in signatures(),
        archive in archives(),
        author in identities(),
        distribution in identities(),
        signed in any::<bool>(),
        days in prop_oneof![Just(None), Just(Some(1)), Just(Some(400))],
        pinned in any::<bool>(),
        loose in any::<bool>(),
    ) {
        let undetermined = matches!(signature, Signature::Undetermined(_));
        let invalid = matches!(signature, Signature::Invalid(_));
        let is_valid = matches!(signature, Signature::Verified(_));
        let hostile = matches!(&archive, ArchiveAssessment::Finding { finding, .. } if *finding != Finding::NameUnchecked);
        let evidence = Evidence {
            archive,
            known: StoreRows {
                author,
                distribution: distribution.map(|identity| FirstSigner { author: "TIMLEGGE".parse().unwrap(), identity }).into_iter().collect(),
                signed: signed.then(|| "T/TI/TIMLEGGE/A-1.tar.gz".parse().unwrap()),
                ..StoreRows::default()
            },
            trust_age: days.map(|days: i64| SignedDuration::from_hours(24 * days)),
            ..evidence(signature)
        };
        let mut policy = String::new();
        if loose {
            policy.push_str("[default]\nunsigned = 'allow'\nidentity-unknown = 'allow'\nname-unchecked = 'allow'\n");
        }
        if pinned {
            policy.push_str(PINNED);
        }
        let path = "T/TI/TIMLEGGE/Foo-Bar-1.02.tar.gz".parse().unwrap();
        let policy = Policy::parse(&policy).unwrap();
        let verdict = decide(&path, &evidence, &policy.rules(&path, &[]));
        let strict = decide(&path, &evidence, &policy.requiring_signed().rules(&path, &[]));

        prop_assert!(!(verdict.admits() && (undetermined || invalid || hostile)), "{verdict}");
        prop_assert!(!(verdict.admits() && is_valid && days == Some(400)));
        prop_assert!(!(verdict.admits() && !is_valid && signed));
        prop_assert!(!strict.admits() || (verdict.admits() && strict.finding == Finding::Trusted));
        prop_assert_eq!(verdict.admits(), verdict.exit() == Exit::Success);
        prop_assert_eq!(verdict.finding == Finding::Trusted, verdict.decision == Decision::Allow && verdict.finding.exit() == Exit::Success);
    }
}
