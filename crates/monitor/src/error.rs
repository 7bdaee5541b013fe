//! What goes wrong when authors are watched.

use std::fmt;

use cpan_sigstore_core::release::PauseId;
use cpan_sigstore_cpan::CpanError;
use cpan_sigstore_gate::{GateError, store::TrustStoreError};

use super::kept::StateError;

/// Watching cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// The state cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
    /// The gate cannot look.
    #[error(transparent)]
    Gate(#[from] GateError),
    /// The gate's memory cannot be used.
    #[error(transparent)]
    TrustStore(#[from] TrustStoreError),
    /// There is no room for an archive.
    #[error("expected to make a temporary file: {0}")]
    Temporary(std::io::Error),
}

/// Something that could not be told, so that it is tried again; never silence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untold {
    /// Whom it concerns; `None` for all.
    pub author: Option<String>,
    /// Why.
    pub reason: String,
}

impl Untold {
    pub(super) fn of(author: &PauseId, reason: String) -> Self {
        Self {
            author: Some(author.as_str().to_owned()),
            reason,
        }
    }

    pub(super) const fn all(reason: String) -> Self {
        Self {
            author: None,
            reason,
        }
    }

    pub(super) fn delivery(reason: String) -> Self {
        Self::all(format!("an alert is kept for the next run: {reason}"))
    }
}

impl fmt::Display for Untold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.author {
            Some(author) => write!(f, "{author}: {}", self.reason),
            None => f.write_str(&self.reason),
        }
    }
}

/// What an author has cannot be told.
#[derive(Debug, thiserror::Error)]
pub(super) enum ListingError {
    /// The CPAN gives no answer of use.
    #[error(transparent)]
    Cpan(#[from] CpanError),
    /// More releases than the limit.
    #[error("too many releases of one author: expected at most {0}")]
    TooManyReleases(usize),
}
