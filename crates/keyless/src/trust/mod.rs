//! Instances of Sigstore, and their trust material.
//!
//! Trust starts from one of three places, which only the user selects: a `trusted_root.json` file,
//! a TUF repository with a pinned root, or the public-good and staging instances, whose first roots
//! are part of this program.

mod config;
mod fields;
mod instance;
mod loader;
mod root;
mod signing_config;
mod transport;
mod validity;

pub use config::{Config, ConfigError};
pub use instance::{Instance, InstanceError, Repository, TrustSource};
pub use loader::{Refresh, TrustLoader, TrustMaterial};
pub use root::TrustedRoot;
pub use signing_config::SigningConfig;
pub use transport::RefreshError;

use std::path::PathBuf;

/// Largest file of trust material that is read, in bytes. Real ones have 5 to 20 KiB.
const SIZE_LIMIT: usize = 1 << 20;

/// Error of loading trust material.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the message names each field")]
pub enum TrustError {
    /// A file cannot be read.
    #[error("cannot read trust material from {}: {source}", path.display())]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    /// A file is too large.
    #[error("invalid trust material in {origin}: expected at most {SIZE_LIMIT} bytes, found more")]
    TooLarge {
        /// File or repository.
        origin: String,
    },
    /// The content is invalid.
    #[error("invalid trust material in {origin}: expected {expected}, found {found}")]
    Unusable {
        expected: &'static str,
        /// File or repository.
        origin: String,
        found: String,
    },
    /// The material is neither fetched nor validly cached. Nothing can be verified.
    #[error("cannot load trust material from {url}: {online}; the cache cannot be used: {cache}")]
    Unavailable {
        /// Address of the TUF repository.
        url: String,
        /// Reason why it was not fetched.
        online: RefreshError,
        /// Reason why the cache was not used.
        cache: String,
    },
    /// The instance has no signing configuration.
    #[error("this instance has no signing configuration")]
    NoSigningConfig,
}

impl TrustError {
    /// Whether nothing is wrong with this machine and its network, so that the repository may be
    /// available later.
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::Unavailable { online, .. } => {
                !matches!(online, RefreshError::Http(error) if error.setup_fault().is_some())
            }
            _ => false,
        }
    }
}

/// Reads at most one byte more than [`SIZE_LIMIT`] of a file of trust material.
fn read_file(path: &std::path::Path) -> Result<Vec<u8>, TrustError> {
    cpan_sigstore_files::read_prefix(path, SIZE_LIMIT as u64)
        .and_then(|bytes| bytes.ok_or_else(cpan_sigstore_files::no_such_file))
        .map_err(|source| TrustError::Read {
            path: path.to_owned(),
            source,
        })
}
