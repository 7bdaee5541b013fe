//! The files of a log of tiles, at its address.

use cpan_sigstore_cpan::Cpan;
use cpan_sigstore_keyless::transparency::{RekorLog, SignedTree};
use cpan_sigstore_tlog::{
    entries,
    tile::{TILE_BYTES, TILE_WIDTH, TileKind, TilePath},
};

use super::LogError;

/// Where the files are below the address of a Rekor v2 log.
const FOLDER: &str = "api/v2/";
/// Largest checkpoint, in bytes.
const CHECKPOINT_LIMIT: usize = 16 * 1024;
/// Largest entry bundle, in bytes: 256 entries of the largest size.
const BUNDLE_LIMIT: usize = (2 + u16::MAX as usize) * TILE_WIDTH as usize;

/// A log, and the place of its files. Nothing that the place returns is trusted.
pub(super) struct LogSite {
    files: Cpan,
    log: RekorLog,
}

impl LogSite {
    /// # Errors
    /// [`LogError::Read`] for an address that cannot be used.
    pub fn new(log: RekorLog) -> Result<Self, LogError> {
        let folder = format!("{}/{FOLDER}", log.url().trim_end_matches('/'));
        let files = Cpan::at(&folder)?;
        Ok(Self { files, log })
    }

    pub const fn log(&self) -> &RekorLog {
        &self.log
    }

    /// Reads the newest tree; `None` if the log serves no checkpoint, as one without tiles.
    pub async fn newest(&self) -> Result<Option<SignedTree>, LogError> {
        let Some(note) = self.files.file("checkpoint", CHECKPOINT_LIMIT).await? else {
            return Ok(None);
        };
        let note = String::from_utf8(note)
            .map_err(|_| LogError::Checkpoint("other bytes than text".to_owned()))?;
        let verified = self.log.verify(&note);
        let tree = verified.map_err(|failure| LogError::Checkpoint(failure.found))?;
        Ok(Some(tree))
    }

    /// Reads a file of the tree, or the start of the full one that has taken the place of a partial one.
    pub async fn file(&self, path: TilePath) -> Result<Vec<u8>, LogError> {
        let limit = match path.kind() {
            TileKind::Entries => BUNDLE_LIMIT,
            TileKind::Hashes(_) => TILE_BYTES,
        };
        if let Some(bytes) = self.files.file(&path.to_string(), limit).await? {
            return Ok(bytes);
        }
        let missing = || LogError::Missing(path);
        if path.is_full() {
            return Err(missing());
        }
        let full = self.files.file(&path.full().to_string(), limit).await?;
        let full = full.ok_or_else(missing)?;
        let part = match path.kind() {
            TileKind::Entries => entries::prefix(&full, path.width()),
            TileKind::Hashes(_) => full.get(..usize::from(path.width()) * TILE_BYTES / 256),
        };
        part.map(<[u8]>::to_vec).ok_or_else(missing)
    }
}
