//! Errors of the gate.

use std::path::PathBuf;

use crate::{review::DENIED_LIMIT, store::TrustStoreError};

/// The gate cannot decide about a release. It says nothing about the release, and is never a pass.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// The archive cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Archive {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// The trust store cannot be used.
    #[error(transparent)]
    TrustStore(#[from] TrustStoreError),
    /// A package index leads too many packages to other authors than their owners.
    #[error(
        "invalid package index: expected at most {DENIED_LIMIT} packages that lead to others than their owners, found more"
    )]
    ContradictingIndex,
    /// The inspection ended without a result.
    #[error("archive inspection failed: {0}")]
    Stopped(String),
}
