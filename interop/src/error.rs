//! Why a run against the peers could not be made; never an answer of a peer.

use std::path::PathBuf;

/// Why a run against the peers could not be made.
#[derive(Debug, thiserror::Error)]
pub enum InteropError {
    /// A variable that the scripts set is missing.
    #[error("expected {variable} in the environment; run this by `make interop` or `make bench`")]
    NotSetUp {
        /// The variable's name.
        variable: &'static str,
    },
    /// A name that `peers.list` does not have.
    #[error("expected a peer of peers.list, found `{0}`")]
    UnknownPeer(String),
    /// A program could not be run.
    #[error("cannot run {program}")]
    Run {
        /// The program.
        program: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A program that prepares something failed.
    #[error("{program} failed: {said}")]
    Prepare {
        /// The program.
        program: PathBuf,
        /// What it printed.
        said: String,
    },
    /// A service ended or did not answer in time.
    #[error("{service} is not ready: {why}; its last words:\n{log}")]
    NotReady {
        /// The service.
        service: &'static str,
        /// What happened instead.
        why: String,
        /// The end of its log.
        log: String,
    },
    /// A file could not be read or written.
    #[error("cannot read or write {path}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A document is no JSON.
    #[error("expected JSON in {path}")]
    Document {
        /// The file.
        path: PathBuf,
        /// Where it is not.
        source: serde_json::Error,
    },
    /// No port or lock was to be had.
    #[error("cannot get a free port or lock")]
    Port(#[from] std::io::Error),
    /// A service answered something else than expected.
    #[error("a service did not answer")]
    Http(#[from] reqwest::Error),
}
