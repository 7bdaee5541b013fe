//! Why nothing was signed.

use cpan_sigstore_core::identity::SignerIdentity;
use cpan_sigstore_http::HttpError;

use crate::{bundle::Refused, login::TokenError, verify::VerifyError};

/// Why nothing was signed. No bundle was written.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The identity token is of no use.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The signing configuration asks for what cannot be done.
    #[error("the signing configuration cannot be followed: expected {expected}, found {found}")]
    Services {
        /// What is needed.
        expected: &'static str,
        /// What there is.
        found: String,
    },
    /// A service could not be asked.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// A service refused.
    #[error("expected {service} at {url} to accept the request, found status {status}: {said}")]
    Status {
        /// Which.
        service: &'static str,
        /// Where.
        url: String,
        /// The HTTP status.
        status: u16,
        /// The start of what it said.
        said: String,
    },
    /// A service answered something else than it should.
    #[error("expected {expected} from {service} at {url}, found {found}")]
    Answer {
        /// Which.
        service: &'static str,
        /// Where.
        url: String,
        /// What it should have answered.
        expected: &'static str,
        /// What it did.
        found: String,
    },
    /// The log has this entry already, and does not hand it out.
    #[error("the log at {url} has this entry already and does not hand it out; sign again")]
    EntryExists {
        /// Which log.
        url: String,
    },
    /// The certificate is for another key.
    #[error(
        "expected a certificate for the key that asked for it, found one for another key; nothing was logged"
    )]
    CertificateKey,
    /// The certificate cannot be read, or names nobody.
    #[error("the certificate authority's answer cannot be used: {0}; nothing was logged")]
    Certificate(Refused),
    /// Token or certificate is for somebody else.
    #[error("expected to sign as {expected}, found {found}; nothing was logged")]
    Identity {
        /// Who was meant.
        expected: String,
        /// Who it is for.
        found: Box<SignerIdentity>,
    },
    /// The finished bundle would be refused by whoever verifies it.
    #[error("the finished bundle does not verify and was not written: {0}")]
    OwnBundle(Refused),
    /// The system gives no randomness, or no key.
    #[error("expected to make a key and to sign with it: {0}")]
    Key(String),
}

impl SignError {
    pub(super) fn key(error: sigstore_verify::crypto::Error) -> Self {
        Self::Key(error.to_string())
    }

    pub(super) fn own(error: VerifyError) -> Self {
        match error {
            VerifyError::Refused(refused) => Self::OwnBundle(refused),
            VerifyError::Artifact(error) => Self::Key(error.to_string()),
        }
    }

    /// Whether trying again later may help.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Http(error) => error.is_transient(),
            Self::EntryExists { .. } => true,
            _ => false,
        }
    }
}
