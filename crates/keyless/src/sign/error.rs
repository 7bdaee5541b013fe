use cpan_sigstore_core::identity::SignerIdentity;
use cpan_sigstore_http::HttpError;
use jiff::Timestamp;

use crate::{
    bundle::VerificationFailure,
    login::TokenError,
    verify::{ClockBehind, VerifyError},
};

/// Error of signing. No bundle was written.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the message names each field")]
pub enum SignError {
    /// The identity token is unusable.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The signing configuration cannot be satisfied.
    #[error("cannot satisfy the signing configuration: expected {expected}, found {found}")]
    Services {
        expected: &'static str,
        found: String,
    },
    /// A stated service is not in use yet, by the clock of this machine.
    #[error("the clock of this machine says {clock}, before {service} began at {start}")]
    NotYet {
        clock: Timestamp,
        service: String,
        start: Timestamp,
    },
    /// A request failed.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// A service refused a request.
    #[error("{service} at {url} refused the request with status {status}: {said}")]
    Status {
        service: &'static str,
        url: String,
        /// HTTP status.
        status: u16,
        /// Start of the response.
        said: String,
    },
    /// A service sent an invalid response.
    #[error("invalid response of {service} at {url}: expected {expected}, found {found}")]
    Answer {
        service: &'static str,
        url: String,
        expected: &'static str,
        found: String,
    },
    /// The log already has the entry and does not return it.
    #[error("the log at {url} already has this entry and does not return it")]
    EntryExists { url: String },
    /// The certificate is for another key.
    #[error(
        "the certificate is for another key than the one that requested it; nothing was logged"
    )]
    CertificateKey,
    /// The certificate is unreadable or names no identity.
    #[error("cannot use the certificate: {0}; nothing was logged")]
    Certificate(VerificationFailure),
    /// Token or certificate is for another identity.
    #[error("cannot sign as {expected}: the proven identity is {found}; nothing was logged")]
    Identity {
        /// The intended identity.
        expected: String,
        /// The identity in token or certificate.
        found: Box<SignerIdentity>,
    },
    /// Verifiers would refuse the finished bundle.
    #[error("the finished bundle does not verify and was not written: {0}")]
    OwnBundle(VerificationFailure),
    /// The clock of this machine is behind that of the services.
    #[error("the finished bundle was not written: {0}")]
    Clock(ClockBehind),
    /// No key could be created or used.
    #[error("cannot create a key and sign with it: {0}")]
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
            VerifyError::Clock(error) => Self::Clock(error),
            VerifyError::Unknown(unknown) => Self::OwnBundle(unknown.into()),
        }
    }

    /// Returns whether a later attempt may succeed.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Http(error) => error.is_transient(),
            Self::EntryExists { .. } => true,
            _ => false,
        }
    }
}
