//! The one decision.
//!
//! Steps, numbered as in `docs/ARCHITECTURE.md`. Each of 3 to 8 finds at most one thing. The finding that is
//! told is the first, in this order, that is not admitted; else the first that is to be warned of. So a
//! signature speaks before an identity, an identity before the archive, and none of them excuses another.
//!
//! 1. The path is read: whose release it is, and its name. ([`ReleasePath`])
//! 2. SHA-256 of the exact bytes, computed while the archive is looked at.
//! 3. No bundle: `unsigned`, and on to 7.
//! 4. The bundle is verified: `signature-invalid` with its cause, or `unavailable`.
//! 5. Whose identities are the author's: the first of [`source`] that speaks. Where an operator's index is used
//!    and is too old, nothing but a pin does.
//! 6. The signer is compared with them, at the time of signing.
//! 7. The archive is looked at: its name against the name in it, and what it does when it is unpacked.
//! 8. Unsigned is a `downgrade` if the author's record says that all releases are signed, or if a signed release
//!    of the author was admitted before.
//! 9. Policy makes a decision of each finding.
//! 10. An admitted release with a valid signature is remembered, no wider than the source that decided.
//!     ([`Lesson`], [`Gate::admit`](crate::Gate::admit))

mod lesson;
mod source;

pub(crate) use lesson::Lesson;

use cpan_sigstore_core::{
    cause::Cause,
    decision::Decision,
    finding::Finding,
    identity::SignerIdentity,
    policy::Rule,
    release::ReleasePath,
    verdict::{BindingSource, Verdict},
};
use cpan_sigstore_keyless::bundle::Refused;
use jiff::SignedDuration;

use self::source::{identity, source};
use crate::{
    binding::Standing,
    evidence::{Evidence, IndexAge, Signature},
    look::ArchiveLook,
    statement::speaks_for_a_release,
    store::StableIdentity,
};

/// One thing that is the case.
struct Told {
    finding: Finding,
    signer: Option<SignerIdentity>,
    binding: Option<BindingSource>,
    expected: Option<String>,
    found: Option<String>,
    hint: Option<&'static str>,
}

impl Told {
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

    fn hint(self, hint: &'static str) -> Self {
        Self {
            hint: Some(hint),
            ..self
        }
    }
}

/// Decides about a release. Pure: what is known stands in the evidence, what is wanted in the rule.
pub(crate) fn decide(path: &ReleasePath, evidence: &Evidence, rule: &Rule) -> Verdict {
    let signature = signature(path, evidence, rule);
    let signer = signature.signer.clone();
    let binding = signature.binding;
    let mut told = vec![signature];
    told.extend(index(evidence, rule, binding));
    told.extend(archive(&evidence.archive));

    // 9.
    let decided = |told: &Told| rule.decide(told.finding);
    let first = |wanted: &dyn Fn(Decision) -> bool| told.iter().position(|it| wanted(decided(it)));
    let chosen = first(&|decision| !decision.admits())
        .or_else(|| first(&|decision| decision == Decision::Warn))
        .unwrap_or(0);
    let told_first = &told[chosen];
    let mut reasons = vec![rule.reason(told_first.finding)];
    reasons.extend(
        told.iter()
            .enumerate()
            .filter(|(at, other)| *at != chosen && other.finding != Finding::Trusted)
            .map(|(_, other)| also(other)),
    );
    let mut verdict = Verdict::new(told_first.finding, decided(told_first));
    verdict.digest = Some(evidence.digest);
    verdict.signer = signer;
    verdict.binding = binding;
    verdict.expected.clone_from(&told_first.expected);
    verdict.found.clone_from(&told_first.found);
    verdict.hint = told_first.hint.map(str::to_owned);
    reasons.extend(records(evidence, binding));
    reasons.extend(elsewhere(path, evidence));
    verdict.reasons = reasons;
    verdict
}

/// What was found beside what decided, as one sentence.
fn also(other: &Told) -> String {
    let mut text = format!("also {}", other.finding);
    for (label, value) in [("expected", &other.expected), ("found", &other.found)] {
        if let Some(value) = value {
            text.push_str(&format!(", {label} {value}"));
        }
    }
    text
}

/// Steps 3 to 6, and 8.
fn signature(path: &ReleasePath, evidence: &Evidence, rule: &Rule) -> Told {
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
            (Some(told), _) => told,
            (None, Some(predicate)) if !speaks_for_a_release(predicate) => invalid(&Refused::new(
                Cause::StatementKind,
                format!("a statement of the type {predicate}"),
            )),
            (None, _) => {
                let source = source(path, rule, evidence, verified);
                let mut told = identity(path, verified, source.as_ref());
                told.signer = Some(verified.signer().clone());
                told
            }
        },
    }
}

fn invalid(refused: &Refused) -> Told {
    Told::new(Finding::SignatureInvalid(refused.cause))
        .expected(refused.cause.expected(), refused.found.clone())
        .hint(refused.cause.hint())
}

fn unavailable(found: String) -> Told {
    Told {
        found: Some(found),
        ..Told::new(Finding::Unavailable)
    }
    .hint(
        "nothing was verified; try again with a network, or name the trust material with `--trusted-root FILE`",
    )
}

/// Trust material that is older than the policy allows says nothing.
fn old_trust(evidence: &Evidence, rule: &Rule) -> Option<Told> {
    let days = rule.trust_material_age.value;
    let limit = SignedDuration::from_hours(24 * i64::from(days));
    let age = evidence.trust_age.filter(|age| *age > limit)?;
    Some(unavailable(format!(
        "trust material whose repository was last asked {} days ago, where the policy allows {days}",
        age.as_hours() / 24
    )))
}

/// 5. How old the index is, where one is used. Only a pin needs none.
fn index(evidence: &Evidence, rule: &Rule, binding: Option<BindingSource>) -> Option<Told> {
    let days = |days: u32| SignedDuration::from_hours(24 * i64::from(days));
    if binding == Some(BindingSource::Pin) {
        return None;
    }
    if let Some(reason) = &evidence.untold {
        return Some(unavailable(format!(
            "records of the author that cannot be verified: {reason}"
        )));
    }
    match evidence.index.as_ref()? {
        IndexAge::Absent { operator } => Some(
            unavailable(format!("no index of {operator}, which was never had")).hint(
                "nothing is known of what the index says of its authors; fetch it with `cpan-sigstore index use`, or do without it by `cpan-sigstore index use --none`",
            ),
        ),
        IndexAge::InFuture { operator, signed } => Some(
            unavailable(format!(
                "an index of {operator} that was signed on {signed}, which is the future by the clock of this machine"
            ))
            .hint("set the clock of this machine: by a wrong one an old index passes for a new one"),
        ),
        IndexAge::Signed { operator, age } if *age > days(rule.index_age_limit.value) => Some(
            unavailable(format!(
                "an index of {operator} that was signed {} days ago, where the policy allows {}",
                age.as_hours() / 24,
                rule.index_age_limit.value
            ))
            .hint("whoever withholds the index hides what authors have changed since; try again with a network, or ask the operator"),
        ),
        IndexAge::Signed { operator, age } if *age > days(rule.index_age.value) => Some(
            Told::new(Finding::IndexStale)
                .expected(
                    format!(
                        "an index of {operator} that is at most {} days old",
                        rule.index_age.value
                    ),
                    format!("one that was signed {} days ago", age.as_hours() / 24),
                )
                .hint("refresh it with `cpan-sigstore index status`; what authors have changed since is not known here"),
        ),
        IndexAge::Signed { .. } => None,
    }
}

/// What is to be said of the author's records: what was compared with, and what did not count.
fn records(evidence: &Evidence, binding: Option<BindingSource>) -> Vec<String> {
    let records = &evidence.binding;
    let mut reasons = Vec::new();
    if binding == Some(BindingSource::Record) {
        let place = match records.standing {
            Standing::Known => "it follows on what is remembered",
            Standing::Index => "it is in the index",
            Standing::Connected => "whoever signed first agreed to it",
            Standing::New => "it was never seen before",
        };
        reasons.push(format!("{}: {place}", records.name()));
    }
    reasons.extend(records.told.iter().cloned());
    reasons
}

/// Reports a distribution that was first seen from another author. It denies nothing: every author may upload any
/// file name, so such a row binds neither this author nor the distribution.
fn elsewhere(path: &ReleasePath, evidence: &Evidence) -> Option<String> {
    let first = evidence.known.elsewhere(&path.author)?;
    if let Signature::Verified(verified) = &evidence.signature
        && StableIdentity::from(verified.signer()) == first.identity
    {
        return None;
    }
    Some(format!(
        "{} was first seen from {}, signed by {}",
        path.name.distribution(),
        first.author,
        first.identity
    ))
}

/// 7. What the archive says of itself.
fn archive(look: &ArchiveLook) -> Option<Told> {
    let ArchiveLook::Finding {
        finding,
        expected,
        found,
    } = look
    else {
        return None;
    };
    let hint = match finding {
        Finding::NameUnchecked => {
            "which release it is rests on the name of the file alone; ask the author for META.json"
        }
        Finding::NameMismatch => {
            "do not use the file: it is another release than its name says, such as an old one under a new name"
        }
        _ => {
            "do not use the file: it does what no release needs, or is damaged; fetch it again, and report it to the author if it stays so"
        }
    };
    Some(
        Told::new(*finding)
            .expected(expected.clone(), found.clone())
            .hint(hint),
    )
}

/// 8. No signature, and whether there should be one.
fn unsigned(path: &ReleasePath, evidence: &Evidence) -> Told {
    if evidence.binding.all_signed() {
        return Told::new(Finding::Downgrade)
            .expected(
                format!(
                    "a bundle, as every release has by {}",
                    evidence.binding.name()
                ),
                "none",
            )
            .hint(
                "fetch the bundle from where the file came from; the author says that a file without one is not theirs",
            );
    }
    match evidence.known.signed_by(&path.author) {
        Some(before) => Told::new(Finding::Downgrade)
            .expected(format!("a bundle, as {before} had"), "none")
            .hint(
                "fetch the bundle from where the file came from; an author who signs does not stop without a word. If they did, forget it with `cpan-sigstore memory forget`",
            ),
        None => Told::new(Finding::Unsigned)
            .expected(format!("a bundle beside {}", path.name), "none")
            .hint(
                "a file without a bundle is not known to be its author's; ask the author to sign with `cpan-sigstore release`",
            ),
    }
}

#[cfg(test)]
mod tests;
