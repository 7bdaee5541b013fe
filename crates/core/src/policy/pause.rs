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
    /// What stands behind the `!`.
    pub domain: String,
}

impl PauseProvider {
    /// Whose the signature is by PAUSE's word: `None` where PAUSE did not speak, `Some(None)` where it spoke
    /// of what is no PAUSE id.
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
        // Equal to the letter: `parse` takes small letters for capital ones.
        let id = id.and_then(|id| id.parse().ok().filter(|it: &PauseId| it.as_str() == id));
        Some(id)
    }
}
