//! PAUSE as identity provider.

use crate::{
    identity::{SignerIdentity, Subject},
    release::PauseId,
};

/// The provider by which PAUSE vouches for its own authors, as `[pause]` of the policy names it.
///
/// Its certificates have the name `ID!DOMAIN` (Fulcio's issuer type `username` with a subject domain).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PauseProvider {
    /// The OpenID issuer.
    pub issuer: String,
    /// The domain behind the `!`.
    pub domain: String,
}

impl PauseProvider {
    /// Returns the author that PAUSE names: `None` for another issuer, `Some(None)` for a name that is no PAUSE id.
    pub fn names(&self, signer: &SignerIdentity) -> Option<Option<PauseId>> {
        if signer.issuer != self.issuer {
            return None;
        }
        let Subject::Username(name) = &signer.subject else {
            return Some(None);
        };
        let id = name
            .strip_suffix(&self.domain)
            .and_then(|name| name.strip_suffix('!'));
        // `parse` takes small letters for capital ones, so compare the exact text.
        let id = id.and_then(|id| id.parse().ok().filter(|it: &PauseId| it.as_str() == id));
        Some(id)
    }
}
