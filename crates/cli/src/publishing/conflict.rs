//! Names at PAUSE that are in use for other bytes.

use cpan_sigstore_core::digest::Sha256Digest;
use jiff::Timestamp;

use crate::error::CommandError;

/// The hint for a name in use.
const USED: &str = "release it under a new version, or use the archive that was uploaded; PAUSE accepts each name once";

/// Other bytes were uploaded under the archive's name.
pub fn name_used(path: &str, when: Timestamp) -> CommandError {
    CommandError::failed(format!(
        "invalid archive: expected the one that was uploaded as {path} on {when}, found another build"
    ))
    .hinted(USED)
}

/// Other bytes are published under the archive's name.
pub fn other_bytes(path: &str, expected: Sha256Digest, found: Sha256Digest) -> CommandError {
    CommandError::failed(format!(
        "cannot release {path}: expected {expected}, found {found} published there"
    ))
    .hinted(USED)
}
