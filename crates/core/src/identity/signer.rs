//! The signer in a certificate.

use std::fmt;

use serde::Serialize;

use super::CiClaims;

/// The identity in a certificate's subject alternative name, by the kind of name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "kind", content = "name", rename_all = "kebab-case")]
pub enum Subject {
    /// A person's e-mail address (`rfc822Name`).
    Email(String),
    /// A workload, such as a release workflow (`uniformResourceIdentifier`).
    Uri(String),
    /// A user name at a provider, as `NAME!DOMAIN` (`otherName` 1.3.6.1.4.1.57264.1.7).
    Username(String),
}

impl Subject {
    /// The name itself.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Email(name) | Self::Uri(name) | Self::Username(name) => name,
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The identity in a certificate: a name and the issuer that vouched for it.
///
/// The proof type that holds it, not this type, says that the certificate was verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SignerIdentity {
    /// The name.
    pub subject: Subject,
    /// The OpenID issuer that vouched for it, for example `https://accounts.google.com`.
    pub issuer: String,
    /// The claims about a CI run; empty for people.
    #[serde(skip_serializing_if = "CiClaims::is_empty")]
    pub claims: CiClaims,
}

impl fmt::Display for SignerIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (by {})", self.subject, self.issuer)
    }
}
