//! The folder of an auditor: its newest checkpoint, and the leaves that it read before.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use cpan_sigstore_files::{
    Lock, LockError, create_private_folder, lock, no_such_file, read_limited, write_atomic,
};
use cpan_sigstore_tlog::{
    checkpoint::VerifiedCheckpoint,
    note::NOTE_LIMIT,
    policy::{CheckpointError, LogPolicy},
    tile::{TileKind, TilePath},
};

use crate::writer::{CHECKPOINT, TILE_LIMIT};

/// Reasons why an auditor's folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// Another audit uses it.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// Its checkpoint does not satisfy the policy.
    #[error("invalid checkpoint in {}: {source}", path.display())]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: CheckpointError,
    },
}

/// A folder in which an auditor keeps the newest checkpoint without faults, and full entry bundles.
///
/// # Security
///
/// The bundles are not trusted: each audit hashes them again, and they have to lead to the signed root. The checkpoint is
/// the one thing that must not be lost, because the log has to continue it.
#[derive(Clone, Debug)]
pub struct AuditFolder {
    path: PathBuf,
}

impl AuditFolder {
    /// The folder at a path. It is created when it is first needed.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Locks the folder, so that no other audit replaces its checkpoint meanwhile.
    pub(super) fn lock(&self) -> Result<Lock, FolderError> {
        create_private_folder(&self.path).map_err(|source| FolderError::Write {
            path: self.path.clone(),
            source,
        })?;
        Ok(lock(&self.path.join("lock"), Duration::ZERO)?)
    }

    /// Reads the checkpoint of the last audit; `None` before the first one.
    pub(super) fn checkpoint(
        &self,
        policy: &LogPolicy,
    ) -> Result<Option<VerifiedCheckpoint>, FolderError> {
        let path = self.path.join(CHECKPOINT);
        let bytes = read_limited(&path, NOTE_LIMIT as u64);
        let bytes = bytes.map_err(|source| FolderError::Read {
            path: path.clone(),
            source,
        })?;
        let verified = bytes.map(|bytes| policy.verify(&bytes)).transpose();
        verified.map_err(|source| FolderError::Checkpoint { path, source })
    }

    /// Replaces the checkpoint.
    pub(super) fn remember(&self, checkpoint: &VerifiedCheckpoint) -> Result<(), FolderError> {
        let path = self.path.join(CHECKPOINT);
        let text = checkpoint.note().to_string();
        write_atomic(&path, text.as_bytes()).map_err(|source| FolderError::Write { path, source })
    }

    /// Returns a full entry bundle. One that cannot be read is fetched again.
    pub(crate) fn bundle(&self, path: &TilePath) -> Option<Vec<u8>> {
        read_limited(&self.place(path)?, TILE_LIMIT).ok().flatten()
    }

    /// Keeps a full entry bundle. A full disk only makes the next audit slower.
    pub(crate) fn keep(&self, path: &TilePath, bytes: &[u8]) {
        let Some(place) = self.place(path) else {
            return;
        };
        if let Err(error) = write(&place, bytes) {
            tracing::debug!(%error, path = %place.display(), "cannot keep leaves of the log");
        }
    }

    fn place(&self, path: &TilePath) -> Option<PathBuf> {
        let is_kept = path.is_full() && path.kind() == TileKind::Entries;
        is_kept.then(|| self.path.join(path.to_string()))
    }
}

fn write(place: &Path, bytes: &[u8]) -> io::Result<()> {
    create_private_folder(place.parent().ok_or_else(no_such_file)?)?;
    write_atomic(place, bytes)
}
