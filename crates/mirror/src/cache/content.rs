//! A file in the cache, by its digest.

use cpan_sigstore_core::digest::Sha256Digest;
use serde::{Deserialize, Serialize};

/// A file in the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// SHA-256 of its bytes.
    pub digest: Sha256Digest,
    /// Its size in bytes.
    pub size: u64,
}
