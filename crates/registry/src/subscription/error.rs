//! The errors of an operator's author index.

use std::path::PathBuf;

use cpan_sigstore_core::identity::IdentityMismatch;
use cpan_sigstore_gate::store::TrustStoreError;
use cpan_sigstore_http::HttpError;
use cpan_sigstore_keyless::bundle::VerificationFailure;
use cpan_sigstore_records::author_index::AuthorIndexError;

/// A failure to fetch or to verify an operator's author index. The stored index is unchanged.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// The address has an unsupported form.
    #[error(
        "invalid address of an author index: expected https, http on this machine, or file, found `{0}`"
    )]
    Address(String),
    /// The identity is no name, or its pattern matches everybody.
    #[error("invalid operator: expected an identity and its issuer, found `{0}`")]
    Identity(String),
    /// The file that names the operator cannot be used.
    #[error("invalid file {}: {reason}", path.display())]
    Pin {
        /// The file.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// The operator gave no usable answer.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The file does not exist.
    #[error("cannot read {0}: no such file")]
    Absent(String),
    /// A file cannot be read or written.
    #[error("cannot use {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The signature is invalid.
    #[error("{}: expected {}, found {}", .0.cause, .0.cause.expected(), .0.found)]
    Signature(#[from] VerificationFailure),
    /// Somebody else signed it.
    #[error(transparent)]
    Signer(#[from] IdentityMismatch),
    /// The text is no author index.
    #[error(transparent)]
    Index(#[from] AuthorIndexError),
    /// The index is a rollback or a fork, or the trust store cannot be used.
    #[error(transparent)]
    TrustStore(#[from] TrustStoreError),
}

impl OperatorError {
    pub(super) fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}
