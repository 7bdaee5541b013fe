use std::path::PathBuf;

/// Error of starting a sandbox.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// No port, thread or runtime is available.
    #[error("cannot start a server on this machine: {0}")]
    Start(#[source] std::io::Error),
    /// A file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        path: PathBuf,
        source: std::io::Error,
    },
    /// A certificate cannot be encoded or read.
    #[error("cannot encode a certificate: {0}")]
    Certificate(#[from] der::Error),
    /// A key cannot be encoded.
    #[error("cannot encode a key: {0}")]
    Key(#[from] spki::Error),
    /// The CA's HTTP client cannot be created.
    #[error("cannot create an HTTP client: {0}")]
    Http(#[from] reqwest::Error),
}
