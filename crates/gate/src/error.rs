//! Why the gate could not look at a release.

use std::path::PathBuf;

use crate::store::TrustStoreError;

/// The gate could not look at a release. It says nothing about the release, and is never a pass.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// The archive cannot be read.
    #[error("expected to read {}: {source}", path.display())]
    Archive {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The memory cannot be used.
    #[error(transparent)]
    TrustStore(#[from] TrustStoreError),
    /// The look at the archive ended without a result.
    #[error("expected the look at the archive to end with a result: {0}")]
    Stopped(String),
}
