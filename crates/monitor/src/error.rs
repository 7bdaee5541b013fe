//! Errors of the monitor, and states that it could not determine.

use std::{fmt, io};

use cpan_sigstore_core::{finding::Exit, release::PauseId};
use cpan_sigstore_cpan::CpanError;
use cpan_sigstore_gate::{GateError, store::TrustStoreError};
use cpan_sigstore_http::SetupFault;

use super::ALERTS_LIMIT;

/// The monitor cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// The gate cannot decide.
    #[error(transparent)]
    Gate(#[from] GateError),
    /// The trust store cannot be used.
    #[error(transparent)]
    TrustStore(#[from] TrustStoreError),
    /// The state in the trust store is malformed.
    #[error("invalid state of the watch of {author}: {source}")]
    Malformed {
        /// The author.
        author: String,
        /// The description of the fault.
        source: serde_json::Error,
    },
    /// The state cannot be written as JSON.
    #[error("cannot write the state of the watch: {0}")]
    Unwritable(serde_json::Error),
    /// Too many alerts were not delivered.
    #[error("cannot check more authors: more than {ALERTS_LIMIT} alerts are not delivered")]
    TooManyAlerts,
    /// There is no room for an archive.
    #[error("cannot create a temporary file: {0}")]
    Temporary(io::Error),
}

/// A state that could not be determined. The next round tries again; it is never silence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undetermined {
    /// The author; `None` for all authors.
    pub author: Option<String>,
    /// The reason.
    pub reason: String,
    /// The fault of the network that a person has to mend, if that is the reason.
    pub fault: Option<SetupFault>,
}

impl Undetermined {
    pub(super) fn of(author: &PauseId, reason: String) -> Self {
        Self {
            author: Some(author.as_str().to_owned()),
            ..Self::all(reason)
        }
    }

    /// A state that concerns all authors.
    pub const fn all(reason: String) -> Self {
        Self {
            author: None,
            reason,
            fault: None,
        }
    }

    pub(super) fn of_cpan(error: &CpanError) -> Self {
        Self {
            fault: error.setup_fault(),
            ..Self::all(error.to_string())
        }
    }

    pub(super) fn by(self, author: &PauseId) -> Self {
        Self {
            author: Some(author.as_str().to_owned()),
            ..self
        }
    }

    /// The exit code that follows. A further run does not mend the network.
    pub const fn exit(&self) -> Exit {
        match self.fault {
            Some(_) => Exit::Failed,
            None => Exit::TryLater,
        }
    }

    pub(super) fn delivery(reason: &dyn fmt::Display) -> Self {
        Self::all(format!("an alert is kept for the next run: {reason}"))
    }
}

impl fmt::Display for Undetermined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.author {
            Some(author) => write!(f, "{author}: {}", self.reason),
            None => f.write_str(&self.reason),
        }
    }
}

/// The files of an author could not be listed.
#[derive(Debug, thiserror::Error)]
pub(super) enum ListingError {
    /// The CPAN gave no usable answer.
    #[error(transparent)]
    Cpan(#[from] CpanError),
    /// More releases than the limit.
    #[error("too many releases of one author: expected at most {0}")]
    TooManyReleases(usize),
}

impl From<ListingError> for Undetermined {
    fn from(error: ListingError) -> Self {
        match error {
            ListingError::Cpan(error) => Self::of_cpan(&error),
            error @ ListingError::TooManyReleases(_) => Self::all(error.to_string()),
        }
    }
}
