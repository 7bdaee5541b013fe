//! Repacks what can be repaired without anybody's judgement.

use std::path::PathBuf;

use cpan_sigstore_core::digest::Sha256Digest;

/// What was repaired, and from what to what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixed {
    /// Members that everybody could write to.
    pub permissions: u64,
    /// Bytes that stood after the compressed stream.
    pub stripped: u64,
    /// The bytes before.
    pub old_digest: Sha256Digest,
    /// The bytes now.
    pub new_digest: Sha256Digest,
}

/// An archive was not repaired, and is as it was.
#[derive(Debug, thiserror::Error)]
pub enum FixError {
    /// It cannot be read or written.
    #[error("expected to repair {}: {source}", path.display())]
    Io {
        /// The archive.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// It cannot be read to its end, so that nothing of it is written again.
    #[error("expected an archive that can be read to its end, {found}")]
    Unreadable {
        /// What was found.
        found: String,
    },
    /// Nothing is repaired in archives of this kind.
    #[error("expected a tar archive, found a zip archive; nothing is repaired in those")]
    Zip,
}
