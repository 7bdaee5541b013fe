//! Instances of Sigstore, and the trust material of each.
//!
//! Trust begins in one of three places, all chosen by the user and none by what is verified: a
//! `trusted_root.json` file, a TUF repository whose first root the user gave, or the public-good and
//! staging instances, whose first roots are part of this program.

mod config;
mod instance;
mod root;
mod signing_config;
mod tuf;

pub use config::{Config, ConfigError};
pub use instance::{Instance, InstanceError, Repository, Source};
pub use root::TrustedRoot;
pub use signing_config::SigningConfig;
pub use tuf::{Loaded, Refresh, TrustStore};

use std::path::PathBuf;

/// Largest file of trust material that is read, in bytes. Real ones have 5 to 20 KiB.
const SIZE_LIMIT: usize = 1 << 20;

/// Trust material that cannot be had or used.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// A file of the user's cannot be read.
    #[error("expected trust material in {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is too large.
    #[error("expected at most {SIZE_LIMIT} bytes of trust material in {origin}, found more")]
    TooLarge {
        /// The file or target.
        origin: String,
    },
    /// It can be read and does not say what it should.
    #[error("expected {expected} in {origin}, found {found}")]
    Unusable {
        /// What should be there.
        expected: &'static str,
        /// The file or target.
        origin: String,
        /// What is there.
        found: String,
    },
    /// It could neither be fetched nor taken from the cache. Nothing can be verified.
    #[error(
        "expected the trust material of {url}: fetching failed ({online}), and the cache cannot be used ({cache})"
    )]
    Unavailable {
        /// The TUF repository.
        url: String,
        /// Why it was not fetched.
        online: String,
        /// Why the cache is no help.
        cache: String,
    },
    /// The instance has no signing configuration.
    #[error("expected a signing configuration for this instance, found none")]
    NoSigningConfig,
}

/// Reads a file of trust material.
fn read_file(path: &std::path::Path) -> Result<Vec<u8>, TrustError> {
    let read = |source| TrustError::Read {
        path: path.to_owned(),
        source,
    };
    cpan_sigstore_files::read_prefix(path, SIZE_LIMIT as u64)
        .and_then(|bytes| bytes.ok_or_else(|| std::io::ErrorKind::NotFound.into()))
        .map_err(read)
}
