//! Reasons for which a request has no decision of the gate.

use cpan_sigstore_cpan::CpanError;
use cpan_sigstore_gate::{GateError, IndexReadError};
use cpan_sigstore_http::SetupFault;

use crate::{cache::CacheError, decision_log::Refusal, rendered::RenderError};

/// A failure on the way to an answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    /// The upstream cannot be read. A cached file may still be served.
    #[error(transparent)]
    Upstream(CpanError),
    /// The upstream has a document that is nothing for a client.
    #[error("{found}")]
    Refused { refusal: Refusal, found: String },
    /// The gate or its trust store cannot be used.
    #[error(transparent)]
    Gate(#[from] GateError),
    /// The cache cannot be used.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// The work panicked.
    #[error("the work on the request ended without a result")]
    Ended,
}

impl FetchError {
    /// The refusal that the client gets.
    pub fn refusal(&self) -> Refusal {
        match self {
            Self::Upstream(error) if error.is_transient() => Refusal::Upstream,
            Self::Upstream(_) => Refusal::Unreadable,
            Self::Refused { refusal, .. } => *refusal,
            Self::Gate(_) | Self::Cache(_) | Self::Ended => Refusal::Internal,
        }
    }

    /// The fault of the network that a person has to mend, if that is the reason.
    pub fn setup_fault(&self) -> Option<SetupFault> {
        match self {
            Self::Upstream(error) => error.setup_fault(),
            _ => None,
        }
    }

    pub fn refused(refusal: Refusal, found: impl ToString) -> Self {
        Self::Refused {
            refusal,
            found: found.to_string(),
        }
    }
}

impl From<CpanError> for FetchError {
    fn from(error: CpanError) -> Self {
        // The file is there, and is nothing for a client.
        let is_unreadable = matches!(
            error,
            CpanError::Packed { .. } | CpanError::TooManyRecords { .. }
        );
        if is_unreadable || error.is_too_large() {
            Self::refused(Refusal::Unreadable, error)
        } else {
            Self::Upstream(error)
        }
    }
}

impl From<RenderError> for FetchError {
    fn from(error: RenderError) -> Self {
        let refusal = match &error {
            RenderError::Pack(_) => Refusal::Internal,
            _ => Refusal::Unreadable,
        };
        Self::refused(refusal, error)
    }
}

impl From<IndexReadError> for FetchError {
    fn from(error: IndexReadError) -> Self {
        let refusal = match error {
            IndexReadError::Cpan(error) => return error.into(),
            IndexReadError::Invalid(_) => Refusal::Unreadable,
            IndexReadError::RolledBack { .. }
            | IndexReadError::Undated { .. }
            | IndexReadError::Superseded { .. } => Refusal::IndexRolledBack,
            IndexReadError::Unlogged(_) => Refusal::IndexUnlogged,
            IndexReadError::LogForked(fork) => {
                let found = format!(
                    "{}\n{}",
                    IndexReadError::LogForked(fork.clone()),
                    fork.evidence()
                );
                return Self::refused(Refusal::LogFork, found);
            }
            IndexReadError::LogUnavailable(_) => Refusal::Upstream,
            IndexReadError::Store(_) => Refusal::Internal,
        };
        Self::refused(refusal, error)
    }
}
