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
//! 5. Whose identities are the author's: the first of [`source`] that speaks.
//! 6. The signer is compared with them, at the time of signing.
//! 7. The archive is looked at: its name against the name in it, and what it does when it is unpacked.
//! 8. Unsigned where the author or the distribution has signed before is a `downgrade`.
//! 9. Policy makes a decision of each finding.
//! 10. What was allowed and verified is remembered. ([`Gate::admit`](crate::Gate::admit))

use cpan_sigstore_core::{
    cause::Cause,
    decision::Decision,
    finding::Finding,
    identity::{AuthorIdentity, Membership, Signer},
    policy::{Rule, Setting},
    release::ReleasePath,
    verdict::{BindingSource, Verdict},
};
use cpan_sigstore_sigstore::bundle::Refused;
use jiff::SignedDuration;

use crate::{
    evidence::{Evidence, Signature, Valid},
    look::ArchiveLook,
    memory::{Known, SeenIdentity},
    statement::speaks_for_a_release,
};

/// One thing that is the case.
struct Told {
    finding: Finding,
    signer: Option<Signer>,
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
        Signature::Missing => unsigned(path, &evidence.known),
        // 4.
        Signature::Refused(refused) => invalid(refused),
        Signature::Untold(reason) => unavailable(reason.clone()),
        Signature::Valid(valid) => match (old_trust(evidence, rule), &valid.statement) {
            (Some(told), _) => told,
            (None, Some(predicate)) if !speaks_for_a_release(predicate) => invalid(&Refused::new(
                Cause::StatementKind,
                format!("a statement of the type {predicate}"),
            )),
            (None, _) => {
                let mut told = identity(path, valid, &source(rule, &evidence.known));
                told.signer = Some(valid.signer.clone());
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

/// Whose identities are an author's.
enum Source<'a> {
    /// The user's own word.
    Pins(&'a Setting<Vec<AuthorIdentity>>),
    /// Who signed the first release of the author, or of the distribution, that was seen.
    FirstSeen(&'a SeenIdentity),
}

/// 5. The first source that speaks.
///
/// The sources, in their order: pins of the policy; who signed the author's first release that was seen; who
/// signed the distribution's.
fn source<'a>(rule: &'a Rule, known: &'a Known) -> Option<Source<'a>> {
    let pins = rule.identities.as_ref().map(Source::Pins);
    let author = known.author.as_ref().map(Source::FirstSeen);
    let distribution = known.distribution.as_ref().map(Source::FirstSeen);
    pins.or(author).or(distribution)
}

/// 6. The comparison.
fn identity(path: &ReleasePath, valid: &Valid, source: &Option<Source<'_>>) -> Told {
    let bound = |finding, binding| Told {
        binding: Some(binding),
        ..Told::new(finding)
    };
    match source {
        None => Told::new(Finding::IdentityUnknown)
            .expected(
                format!("an identity of {} that is known", path.author),
                valid.signer.to_string(),
            )
            .hint(
                "ask the author, not the bundle, whether this is theirs, and pin it in policy.toml; once allowed, it is remembered, and another one is refused",
            ),
        Some(Source::Pins(pins)) => match AuthorIdentity::compare(&pins.value, &valid.signer, &valid.times) {
            Membership::Theirs => bound(Finding::Trusted, BindingSource::Pin),
            Membership::Retired => bound(Finding::IdentityRetired, BindingSource::Pin)
                .expected(listed(pins), signed(valid))
                .hint(
                    "do not use the file, unless the author says that it was signed at that time; then change `from` or `until` in policy.toml",
                ),
            Membership::NotTheirs => bound(Finding::IdentityMismatch, BindingSource::Pin)
                .expected(listed(pins), valid.signer.to_string())
                .hint(
                    "do not use the file, unless the author says, and not in the bundle, that this identity signs too; then add it to policy.toml",
                ),
        },
        Some(Source::FirstSeen(first)) if **first == SeenIdentity::from(&valid.signer) => {
            bound(Finding::Trusted, BindingSource::FirstSeen)
        }
        Some(Source::FirstSeen(first)) => {
            bound(Finding::IdentityChanged, BindingSource::FirstSeen)
                .expected(
                    format!("{first}, who signed before"),
                    valid.signer.to_string(),
                )
                .hint(
                    "do not use the file, unless the author says, and not in the bundle, that this identity signs too; then pin it in policy.toml, or forget the old one with `cpan-sigstore memory forget`",
                )
        }
    }
}

fn listed(pins: &Setting<Vec<AuthorIdentity>>) -> String {
    let identities: Vec<_> = pins.value.iter().map(AuthorIdentity::to_string).collect();
    format!("{}, as stated in {}", identities.join(", or "), pins.origin)
}

fn signed(valid: &Valid) -> String {
    let times: Vec<_> = valid.times.iter().map(ToString::to_string).collect();
    format!("{}, signed {}", valid.signer, times.join(" and "))
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
fn unsigned(path: &ReleasePath, known: &Known) -> Told {
    match &known.signed {
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
