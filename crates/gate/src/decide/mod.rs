//! The one decision.
//!
//! Steps, numbered as in `docs/ARCHITECTURE.md`. Each of 3 to 8 has at most one finding. The verdict is the first
//! finding, in this order, that the policy denies or defers; if none, the first it warns about; if none, the first it
//! allows. So a signature comes before an identity, an identity before the archive, and none of them excuses another.
//!
//! 1. Parse the path: the author of the release, and its name. ([`ReleasePath`])
//! 2. Compute SHA-256 of the exact bytes, while the archive is read.
//! 3. No bundle: `unsigned`, and on to 7.
//! 4. Verify the bundle: `signature-invalid` with its cause, or `unavailable`.
//! 5. Find the authorized signers: the first of [`source`] that applies. If an author index is used and is too old,
//!    only a pin does.
//! 6. Compare the signer with them, at the time of signing.
//! 7. Inspect the archive: its name against the name in it, and what it does when it is unpacked.
//! 8. Unsigned is a `downgrade` if the author's record says that all releases are signed, or if a signed release
//!    of the author was admitted before.
//! 9. Let the policy make a decision of each finding.
//! 10. Remember an admitted release with a valid signature, no wider than the source that decided.
//!     ([`Lesson`], [`Gate::admit`](crate::Gate::admit))

mod lesson;
mod source;

pub(crate) use lesson::Lesson;

use cpan_sigstore_core::{
    cause::Cause,
    decision::Decision,
    finding::Finding,
    hint::Hint,
    identity::{SignerIdentity, StableIdentity},
    policy::Rule,
    reason::Reason,
    release::ReleasePath,
    verdict::{BindingSource, Verdict},
};
use cpan_sigstore_keyless::bundle::VerificationFailure;
use jiff::SignedDuration;

use self::source::{identity, source};
use crate::{
    assess::ArchiveAssessment,
    evidence::{Evidence, IndexAge, Signature},
    statement::speaks_for_a_release,
};

/// One finding with its data.
struct Assessment {
    finding: Finding,
    signer: Option<SignerIdentity>,
    binding: Option<BindingSource>,
    expected: Option<String>,
    found: Option<String>,
    hint: Option<Hint>,
}

impl Assessment {
    fn new(finding: Finding) -> Self {
        Self {
            finding,
            signer: None,
            binding: None,
            expected: None,
            found: None,
            hint: None,
        }
    }

    fn expected(self, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self {
            expected: Some(expected.into()),
            found: Some(found.into()),
            ..self
        }
    }

    fn hint(self, hint: Hint) -> Self {
        Self {
            hint: Some(hint),
            ..self
        }
    }
}

/// Decides about a release, from the evidence and the rule alone. Pure.
pub(crate) fn decide(path: &ReleasePath, evidence: &Evidence, rule: &Rule) -> Verdict {
    let signature = signature(path, evidence, rule);
    let signer = signature.signer.clone();
    let binding = signature.binding;
    let mut all = vec![signature];
    all.extend(index(evidence, rule, binding));
    all.extend(archive(&evidence.archive));

    // 9.
    let decided = |one: &Assessment| rule.decide(one.finding);
    let first = |wanted: &dyn Fn(Decision) -> bool| all.iter().position(|it| wanted(decided(it)));
    let chosen = first(&|decision| !decision.admits())
        .or_else(|| first(&|decision| decision == Decision::Warn))
        .unwrap_or(0);
    let first = &all[chosen];
    let mut reasons = vec![rule.reason(first.finding)];
    reasons.extend(
        all.iter()
            .enumerate()
            .filter(|(at, other)| *at != chosen && other.finding != Finding::Trusted)
            .map(|(_, other)| also(other)),
    );
    let mut verdict = Verdict::new(first.finding, decided(first));
    verdict.digest = Some(evidence.digest);
    verdict.signer = signer;
    verdict.binding = binding;
    verdict.expected.clone_from(&first.expected);
    verdict.found.clone_from(&first.found);
    verdict.hint = first.hint;
    reasons.extend(records(evidence, binding));
    reasons.extend(elsewhere(path, evidence));
    verdict.reasons = reasons;
    verdict
}

/// A finding that did not decide.
fn also(other: &Assessment) -> Reason {
    Reason::Also {
        finding: other.finding,
        expected: other.expected.clone(),
        found: other.found.clone(),
    }
}

/// Steps 3 to 6, and 8.
fn signature(path: &ReleasePath, evidence: &Evidence, rule: &Rule) -> Assessment {
    match &evidence.signature {
        // 3.
        Signature::Absent => unsigned(path, evidence),
        // 4.
        Signature::Invalid(refused) => invalid(refused),
        Signature::Undetermined(reason) => unavailable(reason.clone()),
        Signature::Verified(verified) => match (
            old_trust(evidence, rule),
            verified.signature().attestation(),
        ) {
            (Some(assessment), _) => assessment,
            (None, Some(predicate)) if !speaks_for_a_release(predicate) => {
                invalid(&VerificationFailure::new(
                    Cause::StatementKind,
                    format!("a statement of the type {predicate}"),
                ))
            }
            (None, _) => {
                let source = source(path, rule, evidence, verified);
                Assessment {
                    signer: Some(verified.signer().clone()),
                    ..identity(path, verified, source.as_ref())
                }
            }
        },
    }
}

fn invalid(refused: &VerificationFailure) -> Assessment {
    Assessment::new(Finding::SignatureInvalid(refused.cause))
        .expected(refused.cause.expected(), refused.found.clone())
        .hint(refused.cause.hint())
}

fn unavailable(found: String) -> Assessment {
    Assessment {
        found: Some(found),
        ..Assessment::new(Finding::Unavailable)
    }
    .hint(Hint::TryAgain)
}

/// Returns `unavailable` for trust material that is older than the policy allows.
fn old_trust(evidence: &Evidence, rule: &Rule) -> Option<Assessment> {
    let days = rule.trust_material_age.value;
    let limit = SignedDuration::from_hours(24 * i64::from(days));
    let age = evidence.trust_age.filter(|age| *age > limit)?;
    Some(unavailable(format!(
        "trust material that is {} days old; the policy allows {days}",
        age.as_hours() / 24
    )))
}

/// 5. Checks the age of the author index, if one is used. Only a pin needs none.
fn index(evidence: &Evidence, rule: &Rule, binding: Option<BindingSource>) -> Option<Assessment> {
    let days = |days: u32| SignedDuration::from_hours(24 * i64::from(days));
    if binding == Some(BindingSource::Pin) {
        return None;
    }
    if let Some(reason) = &evidence.undetermined {
        return Some(unavailable(format!(
            "records of the author that cannot be verified: {reason}"
        )));
    }
    match evidence.index.as_ref()? {
        IndexAge::Absent { operator } => Some(
            unavailable(format!("no author index of {operator}, which was never fetched")).hint(Hint::FetchIndex),
        ),
        IndexAge::InFuture { operator, signed } => Some(
            unavailable(format!(
                "an index of {operator} that was signed on {signed}, in the future by the clock of this machine"
            ))
            .hint(Hint::SetClock),
        ),
        IndexAge::Signed { operator, age } if *age > days(rule.index_age_limit.value) => Some(
            unavailable(format!(
                "an index of {operator} that was signed {} days ago; the policy allows {}",
                age.as_hours() / 24,
                rule.index_age_limit.value
            ))
            .hint(Hint::IndexWithheld),
        ),
        IndexAge::Signed { operator, age } if *age > days(rule.index_age.value) => Some(
            Assessment::new(Finding::IndexStale)
                .expected(
                    format!(
                        "an index of {operator} that is at most {} days old",
                        rule.index_age.value
                    ),
                    format!("one that was signed {} days ago", age.as_hours() / 24),
                )
                .hint(Hint::RefreshIndex),
        ),
        IndexAge::Signed { .. } => None,
    }
}

/// The author's record that the signer was compared with, and records that were rejected.
fn records(evidence: &Evidence, binding: Option<BindingSource>) -> Vec<Reason> {
    let records = &evidence.authorized;
    let compared = (binding == Some(BindingSource::Record)).then(|| Reason::Record {
        author: records.history.author().clone(),
        version: records.history.version(),
        provenance: records.provenance,
    });
    let rejected = records.notes.iter().cloned().map(Reason::RecordRejected);
    compared.into_iter().chain(rejected).collect()
}

/// Reports a distribution that was first seen from another author. It denies nothing: every author may upload any
/// file name, so such a row binds neither this author nor the distribution.
fn elsewhere(path: &ReleasePath, evidence: &Evidence) -> Option<Reason> {
    let first = evidence.known.elsewhere(&path.author)?;
    if let Signature::Verified(verified) = &evidence.signature
        && first
            .identity
            .is_signer(&StableIdentity::from(verified.signer()))
    {
        return None;
    }
    Some(Reason::FirstSeenFrom {
        distribution: path.name.distribution().to_owned(),
        author: first.author.clone(),
        signer: first.identity.to_string(),
    })
}

/// 7. The finding about the archive.
fn archive(assessed: &ArchiveAssessment) -> Option<Assessment> {
    let ArchiveAssessment::Finding {
        finding,
        expected,
        found,
    } = assessed
    else {
        return None;
    };
    let hint = match finding {
        Finding::NameUnchecked => Hint::AskForMeta,
        Finding::NameMismatch => Hint::OtherRelease,
        _ => Hint::HostileArchive,
    };
    Some(
        Assessment::new(*finding)
            .expected(expected.clone(), found.clone())
            .hint(hint),
    )
}

/// 8. No signature: `downgrade` if there should be one.
fn unsigned(path: &ReleasePath, evidence: &Evidence) -> Assessment {
    if evidence.authorized.all_signed() {
        return Assessment::new(Finding::Downgrade)
            .expected(
                format!(
                    "a bundle, as every release has by {}",
                    evidence.authorized.name()
                ),
                "none",
            )
            .hint(Hint::FetchBundle);
    }
    match evidence.known.signed_by(&path.author) {
        Some(before) => Assessment::new(Finding::Downgrade)
            .expected(format!("a bundle, as {before} had"), "none")
            .hint(Hint::BundleMissing),
        None => Assessment::new(Finding::Unsigned)
            .expected(format!("a bundle beside {}", path.name), "none")
            .hint(Hint::AskToSign),
    }
}

#[cfg(test)]
mod tests;
