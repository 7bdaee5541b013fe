//! Why an operator's index is not what it should be.

use std::path::PathBuf;

use cpan_sigstore_core::identity::IdentityMismatch;
use cpan_sigstore_gate::store::TrustStoreError;
use cpan_sigstore_http::HttpError;
use cpan_sigstore_keyless::bundle::VerificationFailure;
use cpan_sigstore_records::author_index::AuthorIndexError;

/// An operator's index could not be had or is not to be believed; what was kept is as it was.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// The address is of no kind that is asked.
    #[error(
        "expected the address of an index, by https, by http on this machine, or by file, found `{0}`"
    )]
    Address(String),
    /// The identity is no name, or a pattern that names everybody.
    #[error("expected the identity of an operator and its issuer, found `{0}`")]
    Identity(String),
    /// The file that names the operator cannot be used.
    #[error("{}: {reason}", path.display())]
    Pin {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// No answer of use.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// There is no such file.
    #[error("expected a file at {0}, found none")]
    Absent(String),
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The signature proves nothing.
    #[error("{}: expected {}, found {}", .0.cause, .0.cause.expected(), .0.found)]
    Signature(#[from] VerificationFailure),
    /// Somebody else signed it.
    #[error(transparent)]
    Signer(#[from] IdentityMismatch),
    /// It is no index.
    #[error(transparent)]
    Index(#[from] AuthorIndexError),
    /// It is older than one that was seen, or another one, or the memory cannot be used.
    #[error(transparent)]
    TrustStore(#[from] TrustStoreError),
}

impl OperatorError {
    pub(super) fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}
