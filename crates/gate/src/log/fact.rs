//! The results of the log's client.

use cpan_sigstore_tlog::proof::LoggedLeaf;
use jiff::{SignedDuration, Timestamp};

use super::WithheldFile;
use crate::store::StoredFork;

/// A leaf whose tree is part of the one history of its log that this machine remembers.
///
/// Only the log's client creates one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedFile {
    leaf: LoggedLeaf,
}

impl LoggedFile {
    pub(super) const fn new(leaf: LoggedLeaf) -> Self {
        Self { leaf }
    }

    /// The leaf.
    pub const fn leaf(&self) -> &LoggedLeaf {
        &self.leaf
    }

    /// When the log saw the file.
    pub fn time(&self) -> Timestamp {
        time(self.leaf.leaf().time())
    }

    /// A leaf that nobody compared with a history.
    #[cfg(test)]
    pub(crate) const fn pretended(leaf: LoggedLeaf) -> Self {
        Self { leaf }
    }
}

/// The time of a leaf or cosignature. Both are limited.
pub(super) fn time(seconds: u64) -> Timestamp {
    let seconds = i64::try_from(seconds).ok();
    let time = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
    time.unwrap_or(Timestamp::MAX)
}

/// The state of a file in the logs of the policy.
#[derive(Clone, Debug)]
pub(crate) struct LogEvidence {
    pub answer: LogAnswer,
    /// The time since the newest known checkpoint was known to be the newest; `None` if nothing dates it.
    pub age: Option<SignedDuration>,
    /// The name of the log.
    pub origin: String,
    /// Why proofs were not used.
    pub notes: Vec<String>,
    /// An author record or author index of which the log has another version.
    pub withheld: Option<WithheldFile>,
}

/// The answer of the logs about a file.
#[derive(Clone, Debug)]
pub(crate) enum LogAnswer {
    /// A log has this leaf of the path.
    Logged(Box<LoggedFile>),
    /// Nobody has a proof.
    Unlogged,
    /// A log cannot be read, or proves nothing.
    Undetermined(String),
    /// A log signed two histories.
    Forked(Box<StoredFork>),
}
