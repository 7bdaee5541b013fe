//! The digest that a policy states for one release.
//!
//! # Security
//!
//! A pin binds a path to bytes. So it decides the one question that follows from these two alone: whether the archive
//! is the release that its name says. It never excuses anything else. Signature, downgrade, signer and owner follow from
//! a bundle, an author or an index, which may change after the pin was written. A hostile archive has the same bytes for
//! everybody and still another content for two readers, so nobody can have reviewed it.

use cpan_sigstore_core::{finding::Finding, hint::Hint, policy::Rule, reason::Reason};

use super::Assessment;
use crate::evidence::{Evidence, Signature};

/// Returns `name-mismatch` if the policy states another digest. Other bytes under a pinned path are never admitted.
pub(super) fn other_bytes(evidence: &Evidence, rule: &Rule) -> Option<Assessment> {
    let pin = rule.digest.as_ref()?;
    if pin.value == evidence.digest {
        return None;
    }
    Some(
        Assessment::new(Finding::NameMismatch)
            .expected(
                format!("{}, as stated in {}", pin.value, pin.origin),
                evidence.digest.to_string(),
            )
            .denied(Reason::DigestPinned(pin.origin.clone()))
            .hint(Hint::OtherBytes),
    )
}

/// Settles a finding about the name of an archive: a pin of its digest allows it. Without one, the policy decides about
/// an unsigned archive, and a signed one is denied.
pub(super) fn settled(archive: Assessment, evidence: &Evidence, rule: &Rule) -> Assessment {
    let is_name = matches!(
        archive.finding,
        Finding::NameMismatch | Finding::NameUnchecked
    );
    if let Some(pin) = &rule.digest
        && pin.value == evidence.digest
        && is_name
    {
        return Assessment {
            allowed: Some(Reason::DigestPinned(pin.origin.clone())),
            ..archive
        };
    }
    let is_signed = !matches!(evidence.signature, Signature::Absent);
    if is_signed && archive.finding == Finding::NameMismatch {
        return archive.denied(Reason::SignedMismatch);
    }
    archive
}

/// Whether the archive is the release that its name says, as far as META and pins tell.
pub(super) fn is_named(evidence: &Evidence, rule: &Rule) -> bool {
    !evidence.archive.is_misnamed()
        || rule
            .digest
            .as_ref()
            .is_some_and(|pin| pin.value == evidence.digest)
}
