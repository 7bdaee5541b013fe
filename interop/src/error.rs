use std::path::PathBuf;

/// Error of a run against the peers. It is never a peer's answer.
#[derive(Debug, thiserror::Error)]
pub enum InteropError {
    /// A variable of the scripts is missing.
    #[error("{variable} is not set; run this by `make interop` or `make bench`")]
    NotSetUp { variable: &'static str },
    /// The name is not in `peers.list`.
    #[error("unknown peer `{0}`: expected one of peers.list")]
    UnknownPeer(String),
    /// A program cannot be run.
    #[error("cannot run {program}")]
    Run {
        program: PathBuf,
        source: std::io::Error,
    },
    /// A preparing program failed.
    #[error("{program} failed: {said}")]
    Prepare {
        program: PathBuf,
        /// Its output.
        said: String,
    },
    /// A service ended or did not answer in time.
    #[error("{service} is not ready: {why}; its last lines:\n{log}")]
    NotReady {
        service: &'static str,
        why: String,
        /// End of its log.
        log: String,
    },
    /// A file cannot be read or written.
    #[error("cannot read or write {path}")]
    File {
        path: PathBuf,
        source: std::io::Error,
    },
    /// A document is not JSON.
    #[error("invalid JSON in {path}")]
    Document {
        path: PathBuf,
        source: serde_json::Error,
    },
    /// No port or lock is available.
    #[error("cannot get a free port or lock")]
    Port(#[from] std::io::Error),
    /// A service gave an unexpected response.
    #[error("a service did not answer")]
    Http(#[from] reqwest::Error),
}
