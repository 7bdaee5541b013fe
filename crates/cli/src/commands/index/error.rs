//! Why nothing was done with an index.

use std::path::PathBuf;

use cpan_sigstore_core::finding::Exit;
use cpan_sigstore_gate::store::TrustStoreError;
use cpan_sigstore_http::HttpError;
use cpan_sigstore_records::author_index::AuthorIndexError;
use cpan_sigstore_registry::{assemble::BuildError, subscription::OperatorError};

/// Nothing was done with an index.
#[derive(Debug, thiserror::Error)]
pub enum IndexFailure {
    /// No index was built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The operator's index is not what it should be.
    #[error(transparent)]
    Operator(#[from] OperatorError),
    /// It is no index.
    #[error(transparent)]
    Index(#[from] AuthorIndexError),
    /// A record in it does not count.
    #[error("{}: {reason}", path.display())]
    Record {
        /// The index.
        path: PathBuf,
        /// Which, and why not.
        reason: String,
    },
    /// There is no bundle.
    #[error("expected a bundle at {}, found none", path.display())]
    Unsigned {
        /// Where.
        path: PathBuf,
    },
    /// An index would be lost.
    #[error("expected no index at {} yet, found a file", path.display())]
    Exists {
        /// Where.
        path: PathBuf,
    },
}

impl IndexFailure {
    /// How the program ends.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Unsigned { .. } => Exit::Unsigned,
            Self::Record { .. } => Exit::SignatureInvalid,
            Self::Exists { .. } => Exit::Usage,
            Self::Operator(error) => match error {
                OperatorError::Address(_) | OperatorError::Identity(_) => Exit::Usage,
                OperatorError::Signature(_) => Exit::SignatureInvalid,
                OperatorError::Signer(_) => Exit::IdentityMismatch,
                OperatorError::TrustStore(
                    TrustStoreError::IndexRolledBack { .. } | TrustStoreError::IndexForked { .. },
                ) => Exit::Downgrade,
                OperatorError::Http(HttpError::TooLarge { .. }) => Exit::Failed,
                OperatorError::Http(_) | OperatorError::Absent(_) => Exit::TryLater,
                _ => Exit::Failed,
            },
            Self::Build(BuildError::Cpan(error)) if error.is_transient() => Exit::TryLater,
            Self::Build(_) | Self::Index(_) => Exit::Failed,
        }
    }

    /// What to do next.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Operator(OperatorError::TrustStore(
                TrustStoreError::IndexRolledBack { .. } | TrustStoreError::IndexForked { .. },
            )) => Some(
                "somebody serves an old or another index, or the operator began anew: ask the operator; `cpan-sigstore memory forget --index URL` forgets what was seen",
            ),
            Self::Operator(OperatorError::Signer(_)) => {
                Some("ask the operator, not the index, who signs it")
            }
            Self::Unsigned { .. } => Some("sign it with `cpan-sigstore index sign FILE`"),
            Self::Exists { .. } => Some(
                "continue it with `--previous FILE`, so that what is known stands, or name another place with `--output`",
            ),
            Self::Build(BuildError::Known { .. } | BuildError::Broken(_)) => Some(
                "take an index that `cpan-sigstore index verify` accepts, and the trusted root it was made with",
            ),
            _ => None,
        }
    }
}
