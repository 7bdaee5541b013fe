//! Steps 5 and 6: the authorized signers, and whether the signer is one of them.

use cpan_sigstore_core::{
    finding::Finding,
    hint::Hint,
    identity::{AuthorIdentity, Membership, StableIdentity},
    policy::{PauseProvider, Rule, Setting},
    reason::Provenance,
    release::{PauseId, ReleasePath},
    text::alternatives,
    verdict::BindingSource,
};

use super::Assessment;
use cpan_sigstore_keyless::verify::VerifiedSignature;

use crate::{authorized::AuthorizedSigners, evidence::Evidence, store::Scope};

/// A source of authorized signers.
pub(super) enum Source<'a> {
    /// Pins of the user.
    Pins(&'a Setting<Vec<AuthorIdentity>>),
    /// The author's record chain.
    Record(&'a AuthorizedSigners),
    /// A certificate that PAUSE issued, and the PAUSE id in it.
    PauseIssued(&'a PauseProvider, Option<PauseId>),
    /// The identity that signed the first admitted release of the author, or of the author's distribution.
    FirstSeen(&'a StableIdentity, Scope),
}

/// 5. Returns the first source that applies.
///
/// The sources, in their order: pins of the policy; the author's own record; PAUSE, of a certificate that it
/// issued itself; the first signer of the author; the first signer of the author's distribution. A record comes
/// before PAUSE on purpose: it survives a stolen password. The first signer of another author's distribution is
/// no source: it never answers for this author.
pub(super) fn source<'a>(
    path: &ReleasePath,
    rule: &'a Rule,
    evidence: &'a Evidence,
    verified: &VerifiedSignature,
) -> Option<Source<'a>> {
    let known = &evidence.known;
    let pins = rule.identities.as_ref().map(Source::Pins);
    let record = Some(&evidence.authorized).filter(|authorized| authorized.has_record());
    let pause = rule.pause.as_ref().and_then(|provider| {
        let id = provider.names(verified.signer())?;
        Some(Source::PauseIssued(provider, id))
    });
    let first = |scope: Scope| move |identity| Source::FirstSeen(identity, scope);
    let author = known.author.as_ref().map(first(Scope::Author));
    let distribution = known.own_distribution(&path.author);
    let distribution = distribution.map(first(Scope::Distribution));
    pins.or(record.map(Source::Record))
        .or(pause)
        .or(author)
        .or(distribution)
}

/// 6. Compares the signer with a source.
pub(super) fn identity(
    path: &ReleasePath,
    verified: &VerifiedSignature,
    source: Option<&Source<'_>>,
) -> Assessment {
    match source {
        None => Assessment::new(Finding::IdentityUnknown)
            .expected(
                format!("an identity of {} that is known", path.author),
                verified.signer().to_string(),
            )
            .hint(Hint::PinAuthor),
        Some(Source::Pins(pins)) => by_pins(pins, verified),
        Some(Source::Record(authorized)) => by_record(path, authorized, verified),
        Some(Source::PauseIssued(provider, id)) => by_pause(path, provider, id.as_ref(), verified),
        Some(Source::FirstSeen(first, _))
            if first.is_signer(&StableIdentity::from(verified.signer())) =>
        {
            bound(Finding::Trusted, BindingSource::FirstSeen)
        }
        Some(Source::FirstSeen(first, _)) => {
            bound(Finding::IdentityChanged, BindingSource::FirstSeen)
                .expected(
                    format!("{first}, who signed before, or a record that connects the two"),
                    verified.signer().to_string(),
                )
                .hint(Hint::ConfirmChange)
        }
    }
}

fn bound(finding: Finding, binding: BindingSource) -> Assessment {
    Assessment {
        binding: Some(binding),
        ..Assessment::new(finding)
    }
}

fn by_pins(pins: &Setting<Vec<AuthorIdentity>>, verified: &VerifiedSignature) -> Assessment {
    let listed = || {
        format!(
            "{}, as stated in {}",
            alternatives(&pins.value),
            pins.origin
        )
    };
    match AuthorIdentity::compare(&pins.value, verified.signer(), &verified.times()) {
        Membership::Authorized => bound(Finding::Trusted, BindingSource::Pin),
        Membership::Expired => bound(Finding::IdentityRetired, BindingSource::Pin)
            .expected(listed(), signed(verified))
            .hint(Hint::ExtendPin),
        Membership::Unauthorized => bound(Finding::IdentityMismatch, BindingSource::Pin)
            .expected(listed(), verified.signer().to_string())
            .hint(Hint::AddPin),
    }
}

fn by_record(
    path: &ReleasePath,
    authorized: &AuthorizedSigners,
    verified: &VerifiedSignature,
) -> Assessment {
    let listed = || {
        format!(
            "{}, as {} says",
            alternatives(authorized.history.identities()),
            authorized.name()
        )
    };
    match authorized.compare(verified.signer(), &verified.times()) {
        Membership::Authorized if authorized.provenance == Provenance::New => {
            bound(Finding::IdentityUnknown, BindingSource::Record)
                .expected(
                    format!(
                        "an identity of {} that is known from elsewhere, too",
                        path.author
                    ),
                    format!("{}, as {} says", verified.signer(), authorized.name()),
                )
                .hint(Hint::NewRecord)
        }
        Membership::Authorized => bound(Finding::Trusted, BindingSource::Record),
        Membership::Expired => bound(Finding::IdentityRetired, BindingSource::Record)
            .expected(listed(), signed(verified))
            .hint(Hint::RetiredByAuthor),
        Membership::Unauthorized => bound(Finding::IdentityMismatch, BindingSource::Record)
            .expected(listed(), verified.signer().to_string())
            .hint(Hint::NotInRecord),
    }
}

fn by_pause(
    path: &ReleasePath,
    provider: &PauseProvider,
    id: Option<&PauseId>,
    verified: &VerifiedSignature,
) -> Assessment {
    if id != Some(&path.author) {
        return bound(Finding::IdentityMismatch, BindingSource::PauseIssued)
            .expected(
                format!(
                    "{}!{} (by {})",
                    path.author, provider.domain, provider.issuer
                ),
                verified.signer().to_string(),
            )
            .hint(Hint::OtherPauseAuthor);
    }
    bound(Finding::Trusted, BindingSource::PauseIssued)
}

fn signed(verified: &VerifiedSignature) -> String {
    let times: Vec<_> = verified.times().iter().map(ToString::to_string).collect();
    format!("{}, signed {}", verified.signer(), times.join(" and "))
}
