//! Why a sandbox does not start.

use std::path::PathBuf;

/// Why a sandbox does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// No port, thread or runtime was to be had.
    #[error("expected a free port and a thread on this machine: {0}")]
    Start(#[source] std::io::Error),
    /// A file could not be written.
    #[error("expected to write {}: {source}; choose another folder with --dir", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A certificate could not be made or read.
    #[error("expected a certificate that can be encoded: {0}")]
    Certificate(#[from] der::Error),
    /// A key could not be encoded.
    #[error("expected a key that can be encoded: {0}")]
    Key(#[from] spki::Error),
    /// The HTTP client of the CA could not be made.
    #[error("expected an HTTP client: {0}")]
    Http(#[from] reqwest::Error),
}
