//! The one decision.
//!
//! Steps, numbered as in `docs/ARCHITECTURE.md`. Each of 3 to 11 has findings of its own. The verdict is the first
//! finding, in this order, that the policy denies or defers; if none, the first it warns about; if none, the first it
//! allows. So a signature comes before an identity, an identity before the owner of the module, both before the
//! archive, and none of them excuses another.
//!
//! The packages through which a release was reached may have different settings. The decision is then made once for
//! each, and the first result that does not admit the release is the verdict: a package more in the index never
//! loosens anything.
//!
//! 1. Parse the path: the author of the release, and its name. ([`ReleasePath`])
//! 2. Compute SHA-256 of the exact bytes, while the archive is read.
//! 3. No bundle: `unsigned`, or a `downgrade` if the author's record says that all releases are signed, if a signed
//!    release of the author was admitted before, or one that a package of this one led to; and on to 7.
//! 4. Verify the bundle: `signature-invalid` with its cause, or `unavailable`.
//! 5. Find the authorized signers: the first of [`source`] that applies. If an author index is used and is too old,
//!    only a pin does.
//! 6. Compare the signer with them, at the time of signing.
//! 7. Compare the author with the owners of the packages that lead to the release: the first source of [`owner`] that
//!    applies. `owner-changed` is denied if a pin or the author index names others, or if a known owner signs.
//! 8. Compare the version with the newest one of any owner to which the package index led: `release-rolled-back`.
//! 9. Compare the archive with the CPAN log ([`log`]), if one is used: `log-mismatch`, `log-fork`, `unlogged`, or
//!    `log-stale` for an old checkpoint. If the log is required, an author record or author index that everybody else
//!    has in another version is `unavailable`.
//! 10. Inspect the archive: its name against the name in it, unless the policy pins its digest ([`pin`]), and what it
//!     does when it is unpacked.
//! 11. Let the policy make a decision of each finding.
//! 12. Remember an admitted release: its signature no wider than the source that decided, and the owners of its
//!     packages unless one of them is another author. ([`Lesson`], [`Gate::admit`](crate::Gate::admit))

mod lesson;
mod log;
mod owner;
mod pin;
mod source;

pub(crate) use lesson::{Lesson, SignatureLesson};
pub(crate) use owner::owner;

use cpan_sigstore_core::{
    cause::Cause,
    decision::Decision,
    finding::Finding,
    hint::Hint,
    identity::{SignerIdentity, StableIdentity},
    policy::{Origin, PackageRule, Rule},
    reason::Reason,
    release::{PackageName, ReleasePath},
    text::count,
    verdict::{BindingSource, Verdict},
};
use cpan_sigstore_keyless::bundle::VerificationFailure;
use jiff::SignedDuration;

use self::source::{identity, source};
use crate::{
    assess::ArchiveAssessment,
    evidence::{Evidence, IndexAge, Signature},
    statement::speaks_for_a_release,
    store::NewestRelease,
};

/// One finding with its data.
pub(crate) struct Assessment {
    pub finding: Finding,
    /// Why it is denied under every policy, if so.
    pub denied: Option<Reason>,
    /// Why it is allowed under every policy, if so.
    allowed: Option<Reason>,
    signer: Option<SignerIdentity>,
    binding: Option<BindingSource>,
    pub expected: Option<String>,
    pub found: Option<String>,
    /// Two checkpoints that contradict each other.
    evidence: Option<String>,
    pub hint: Option<Hint>,
}

impl Assessment {
    fn new(finding: Finding) -> Self {
        Self {
            finding,
            denied: None,
            allowed: None,
            signer: None,
            binding: None,
            expected: None,
            found: None,
            evidence: None,
            hint: None,
        }
    }

    /// The decision about it.
    pub fn decision(&self, rule: &Rule) -> Decision {
        match (&self.denied, &self.allowed) {
            (Some(_), _) => Decision::Deny,
            (None, Some(_)) => Decision::Allow,
            (None, None) => rule.decide(self.finding),
        }
    }

    fn expected(self, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self {
            expected: Some(expected.into()),
            found: Some(found.into()),
            ..self
        }
    }

    fn denied(self, reason: Reason) -> Self {
        Self {
            denied: Some(reason),
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

/// Decides about a release, from the evidence and the rules alone. Pure.
pub(crate) fn decide(path: &ReleasePath, evidence: &Evidence, rules: &[PackageRule]) -> Verdict {
    let mut verdicts = rules.iter().map(|it| decide_by(path, evidence, it));
    // A policy has a rule for every release.
    let Some(mut verdict) = verdicts.next() else {
        return Verdict::unavailable("no rule for the release");
    };
    for other in verdicts {
        let is_worse = match (verdict.admits(), other.admits()) {
            (true, true) => verdict.decision == Decision::Allow,
            (is_admitted, _) => is_admitted,
        };
        if is_worse {
            verdict = other;
        }
    }
    verdict
}

fn decide_by(
    path: &ReleasePath,
    evidence: &Evidence,
    PackageRule { rule, packages }: &PackageRule,
) -> Verdict {
    let signature = signature(path, evidence, rule, packages);
    let signer = signature.signer.clone();
    let binding = signature.binding;
    let mut all = vec![signature];
    all.extend(owner(path, rule, packages, &evidence.owners));
    all.extend(rolled_back(path, evidence, rule, packages));
    all.extend(index(evidence, rule, binding));
    all.extend(log::file(path, evidence, rule));
    all.extend(log::stale(evidence, rule));
    all.extend(log::withheld(evidence, rule));
    all.extend(pin::other_bytes(evidence, rule));
    all.extend(archive(&evidence.archive).map(|it| pin::settled(it, evidence, rule)));

    // 11.
    let decided = |one: &Assessment| one.decision(rule);
    let first = |wanted: &dyn Fn(Decision) -> bool| all.iter().position(|it| wanted(decided(it)));
    let chosen = first(&|decision| !decision.admits())
        .or_else(|| first(&|decision| decision == Decision::Warn))
        .unwrap_or(0);
    let first = &all[chosen];
    let denied = first.denied.clone();
    let mut reasons = vec![denied.unwrap_or_else(|| rule.reason(first.finding))];
    reasons.extend(
        all.iter()
            .enumerate()
            .filter(|(at, other)| *at != chosen && other.finding != Finding::Trusted)
            .flat_map(|(_, other)| [Some(also(other)), other.allowed.clone()])
            .flatten(),
    );
    let mut verdict = Verdict::new(first.finding, decided(first));
    verdict.digest = Some(evidence.digest);
    verdict.signer = signer;
    verdict.binding = binding;
    verdict.owner = owner::owner_source(rule, packages, &evidence.owners);
    verdict.expected.clone_from(&first.expected);
    verdict.found.clone_from(&first.found);
    verdict.evidence.clone_from(&first.evidence);
    verdict.hint = first.hint;
    reasons.extend(records(evidence, binding));
    reasons.extend(log::reasons(path, evidence));
    reasons.extend(elsewhere(path, evidence));
    reasons.extend(owner::handed_over(path, rule, packages, &evidence.owners));
    reasons.extend(owner::first_use(path, rule, packages, &evidence.owners));
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

/// Steps 3 to 6.
fn signature(
    path: &ReleasePath,
    evidence: &Evidence,
    rule: &Rule,
    packages: &[PackageName],
) -> Assessment {
    match &evidence.signature {
        // 3.
        Signature::Absent => unsigned(path, evidence, rule, packages),
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
        "trust material that is {} old; the policy allows {days}",
        count(age.as_hours() / 24, "day")
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
                "an index of {operator} that was signed {} ago; the policy allows {}",
                count(age.as_hours() / 24, "day"),
                rule.index_age_limit.value
            ))
            .hint(Hint::IndexWithheld),
        ),
        IndexAge::Signed { operator, age } if *age > days(rule.index_age.value) => Some(
            Assessment::new(Finding::IndexStale)
                .expected(
                    format!(
                        "an index of {operator} that is at most {} old",
                        count(rule.index_age.value, "day")
                    ),
                    format!(
                        "one that was signed {} ago",
                        count(age.as_hours() / 24, "day")
                    ),
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

/// 8. Returns `release-rolled-back` if the package index led to a newer release of the distribution before.
///
/// That one is by the author or by another owner. Releases of others do not matter: every author may upload any file
/// name.
fn rolled_back(
    path: &ReleasePath,
    evidence: &Evidence,
    rule: &Rule,
    packages: &[PackageName],
) -> Option<Assessment> {
    if packages.is_empty() {
        return None;
    }
    let owners = owner::of_distribution_with(path, rule, packages, &evidence.owners);
    let newer = evidence.known.newest.iter().filter(|newest| {
        let is_owners = newest.author == path.author || owners.contains(&newest.author);
        is_owners && NewestRelease::is_older(path, newest)
    });
    let newest = newer.reduce(|one, other| match NewestRelease::is_older(one, other) {
        true => other,
        false => one,
    })?;
    Some(
        Assessment::new(Finding::ReleaseRolledBack)
            .expected(format!("{newest}, or a newer release"), path.to_string())
            .hint(Hint::ConfirmRollback),
    )
}

/// 10. The finding about the archive.
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

/// 3. No signature: `downgrade` if there should be one.
fn unsigned(
    path: &ReleasePath,
    evidence: &Evidence,
    rule: &Rule,
    packages: &[PackageName],
) -> Assessment {
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
    if let Some(before) = evidence.known.signed_by(&path.author) {
        return Assessment::new(Finding::Downgrade)
            .expected(format!("a bundle, as {before} had"), "none")
            .hint(Hint::BundleMissing);
    }
    match signed_package(evidence, rule, packages) {
        Some((package, before)) => Assessment::new(Finding::Downgrade)
            .expected(format!("a bundle, as {before} with {package} had"), "none")
            .hint(Hint::PackageBundleMissing),
        None => Assessment::new(Finding::Unsigned)
            .expected(format!("a bundle beside {}", path.name), "none")
            .hint(Hint::AskToSign),
    }
}

/// A package of which a signed release was admitted before, unless the user's section for the module admits unsigned
/// ones.
fn signed_package<'a>(
    evidence: &'a Evidence,
    rule: &Rule,
    packages: &'a [PackageName],
) -> Option<(&'a PackageName, &'a ReleasePath)> {
    if matches!(rule.unsigned.origin, Origin::Module(_)) && rule.unsigned.value.admits() {
        return None;
    }
    packages.iter().find_map(|package| {
        let owner = evidence.owners.known.get(package)?;
        Some((package, owner.signed.as_ref()?))
    })
}

#[cfg(test)]
pub(crate) mod tests;
