//! The files of a log for clients behind a mirror, who may reach nothing else.

use cpan_sigstore_tlog::{
    leaf::LeafPath,
    proof::SUFFIX,
    tile::{TileKind, TilePath},
};
use jiff::Timestamp;

use super::{LogClient, client::CHECKPOINT};
use crate::{TrustStore, store::TrustStoreError};

/// Largest entry bundle, in bytes: 256 leaves, each with its length.
const ENTRIES_LIMIT: usize = 256 * 770;

impl LogClient {
    /// Returns a file of the first log, by its path below the log's address: the remembered checkpoint, a tile, or a
    /// verified proof. `None` if there is none.
    ///
    /// # Errors
    /// [`TrustStoreError`] if the trust store cannot be used.
    pub async fn carry(
        &self,
        store: &TrustStore,
        path: &str,
        now: Timestamp,
    ) -> Result<Option<Vec<u8>>, TrustStoreError> {
        let Some(log) = self.logs.first() else {
            return Ok(None);
        };
        if path == CHECKPOINT {
            self.refresh(store, now).await?;
            let known = store.log(&log.key).await?;
            return Ok(known.map(|known| known.note.into_bytes()));
        }
        if let Some(path) = path.strip_suffix(SUFFIX) {
            return match path.parse::<LeafPath>() {
                Ok(path) => self.proof(store, &path, now).await,
                Err(_) => Ok(None),
            };
        }
        let Ok(tile) = path.parse::<TilePath>() else {
            return Ok(None);
        };
        Ok(match (tile.kind(), &log.site) {
            (TileKind::Hashes(_), _) => log.cached_tile(tile, now).await,
            (TileKind::Entries, Some(site)) => {
                site.read(path, ENTRIES_LIMIT, now).await.ok().flatten()
            }
            (TileKind::Entries, None) => None,
        })
    }
}
