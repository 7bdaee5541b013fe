//! Step 10: the lesson of an admitted release.

use cpan_sigstore_core::{
    identity::{Membership, StableIdentity},
    policy::{Origin, Rule},
    reason::Provenance,
    release::ReleasePath,
};

use cpan_sigstore_keyless::verify::VerifiedSignature;

use super::source::{Source, source};
use crate::{evidence::Evidence, store::Scope};

/// The part of an admitted release that is remembered: never more than what decided.
///
/// Trust must not grow by use. A pin of one distribution, or the first signer of one distribution, says nothing of
/// the author's other releases, so neither writes the author's row. A record chain that nothing vouches for is
/// remembered only through an identity that signed a version of it: everybody can write somebody else's name into a
/// record of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lesson {
    /// The widest row of first sight that is written.
    pub scope: Scope,
    /// Whether the author's record chain is remembered.
    pub chain: bool,
}

impl Lesson {
    /// Returns the lesson of a release that was admitted with a valid signature.
    pub fn of(
        path: &ReleasePath,
        evidence: &Evidence,
        rule: &Rule,
        verified: &VerifiedSignature,
    ) -> Self {
        let scope = match source(path, rule, evidence, verified) {
            Some(Source::Pins(pins)) if matches!(pins.origin, Origin::Distribution(_)) => {
                Scope::Distribution
            }
            Some(Source::FirstSeen(_, scope)) => scope,
            _ => Scope::Author,
        };
        let authorized = &evidence.authorized;
        let signer = StableIdentity::from(verified.signer());
        let is_authorized =
            authorized.compare(verified.signer(), &verified.times()) == Membership::Authorized;
        let is_vouched = authorized.provenance != Provenance::New
            || authorized
                .history
                .has_signer(|one| StableIdentity::from(one).is_signer(&signer));
        Self {
            scope,
            chain: scope == Scope::Author && authorized.is_news && is_authorized && is_vouched,
        }
    }
}
