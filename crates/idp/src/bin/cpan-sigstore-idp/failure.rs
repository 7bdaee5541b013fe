//! Errors of the program.

use cpan_sigstore_idp::{
    accounts::RandomnessError,
    config::ConfigError,
    keys::KeyStoreError,
    server::{ServeError, StartError},
    state::StateError,
};

/// Error of the program.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Serve(#[from] ServeError),
    #[error(transparent)]
    Keys(#[from] KeyStoreError),
    #[error(transparent)]
    State(#[from] StateError),
    #[error(transparent)]
    Randomness(#[from] RandomnessError),
    #[error(transparent)]
    Runtime(std::io::Error),
    #[error(transparent)]
    Password(#[from] cpan_sigstore_idp::accounts::HashError),
}

/// Returns a runtime on all processors.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::Runtime)
}
