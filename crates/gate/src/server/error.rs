//! Errors of the gate of a server.

use std::{io, path::PathBuf};

use cpan_sigstore_core::digest::Sha256Digest;
use cpan_sigstore_cpan::CpanError;

use crate::{GateError, store::TrustStoreError};

/// The gate has no answer. The server decides by itself then: it publishes nothing that needs an answer.
#[derive(Debug, thiserror::Error)]
pub enum ServerGateError {
    /// The one decision failed.
    #[error(transparent)]
    Gate(#[from] GateError),
    /// The published files cannot be read.
    #[error(transparent)]
    Published(#[from] CpanError),
    /// A temporary copy cannot be written.
    #[error("cannot create a temporary file: {0}")]
    Temporary(#[source] io::Error),
    /// The uploaded file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Upload {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// The uploaded file changed while it was judged.
    #[error("the uploaded file changed while it was judged: expected {expected}, found {found}")]
    Changed {
        /// The digest at first.
        expected: Sha256Digest,
        /// The digest later.
        found: Sha256Digest,
    },
    /// The task ended without a result.
    #[error("archive inspection failed: {0}")]
    Stopped(String),
}

impl From<TrustStoreError> for ServerGateError {
    fn from(error: TrustStoreError) -> Self {
        Self::Gate(error.into())
    }
}
