//! The one history of a log: a checkpoint is accepted only if its tree and the remembered one belong together.

use std::{
    collections::{HashMap, HashSet},
    path::Path,
};

use cpan_sigstore_core::digest::Sha256Digest;
use cpan_sigstore_tlog::{
    checkpoint::VerifiedCheckpoint,
    tile::{TILE_BYTES, TileError, TileNodes, TilePath, TileSource},
    tree::{Continuation, TreeHead, examine},
};
use jiff::Timestamp;

use super::{cache::FileCache, fact::time, site::Site};
use crate::{
    TrustStore,
    store::{StoredFork, StoredLog, TrustStoreError},
};

/// Most tiles of one proof: the path to a leaf and the right edge, on each of eight levels.
pub(super) const TILES_LIMIT: usize = 16;
/// Most tiles of a log in the cache: 64 MB.
const CACHED_TILES: usize = 8192;
/// Most tries to remember a checkpoint while other processes do the same.
const RACES_LIMIT: usize = 16;

/// A log of the policy.
#[derive(Debug)]
pub(super) struct Log {
    /// Its key, by which the trust store remembers it.
    pub key: String,
    /// Its name.
    pub origin: String,
    /// Its address; `None` if the policy has none, or nothing is fetched.
    pub site: Option<Site>,
    tiles: FileCache,
}

/// The result for a checkpoint.
#[derive(Debug)]
pub(super) enum Acceptance {
    /// Its tree is part of the history.
    Accepted,
    /// The log signed two histories.
    Forked(Box<StoredFork>),
    /// Nothing proves that it is part of the history.
    Undetermined(String),
}

impl Log {
    pub fn new(key: String, origin: String, site: Option<Site>, cache: Option<&Path>) -> Self {
        let digest = Sha256Digest::of(key.as_bytes()).to_string();
        let name: String = digest
            .trim_start_matches("sha256:")
            .chars()
            .take(16)
            .collect();
        let folder = cache.map(|folder| folder.join("tiles").join(name));
        Self {
            tiles: FileCache::new(folder, CACHED_TILES, TILE_BYTES),
            key,
            origin,
            site,
        }
    }

    /// Compares a checkpoint with the remembered one, and remembers it if it is newer.
    ///
    /// A fork is remembered with both checkpoints. A checkpoint that nothing connects changes nothing.
    pub async fn accept(
        &self,
        store: &TrustStore,
        found: &VerifiedCheckpoint,
        now: Timestamp,
    ) -> Result<Acceptance, TrustStoreError> {
        for _ in 0..RACES_LIMIT {
            let Some(known) = store.log(&self.key).await? else {
                if store.advance_log(&self.key, None, found, now).await? {
                    return Ok(Acceptance::Accepted);
                }
                continue;
            };
            let (tree, new) = (known.tree()?, found.tree());
            if tree == *new || store.has_log_tree(&self.key, new).await? {
                return Ok(Acceptance::Accepted);
            }
            let (older, newer) = match tree.size <= new.size {
                true => (&tree, new),
                false => (new, &tree),
            };
            match self.examine(older, newer, now).await {
                Err(reason) => return Ok(Acceptance::Undetermined(reason)),
                Ok(Continuation::Unproven) => {
                    return Ok(Acceptance::Undetermined(format!(
                        "the tiles of {} do not prove that its tree of {} leaves continues that of {}",
                        self.origin, newer.size, older.size
                    )));
                }
                Ok(Continuation::Contradicted) => {
                    let fork = self.fork(known, found, now);
                    store.note_log_fork(&fork).await?;
                    return Ok(Acceptance::Forked(Box::new(fork)));
                }
                Ok(Continuation::Proven) if tree.size > new.size => {
                    store.note_log_tree(&self.key, new).await?;
                    return Ok(Acceptance::Accepted);
                }
                Ok(Continuation::Proven) => {
                    if store
                        .advance_log(&self.key, Some(&tree), found, now)
                        .await?
                    {
                        return Ok(Acceptance::Accepted);
                    }
                }
            }
        }
        Ok(Acceptance::Undetermined(format!(
            "other processes replace the checkpoint of {} all the time",
            self.origin
        )))
    }

    fn fork(&self, known: StoredLog, found: &VerifiedCheckpoint, now: Timestamp) -> StoredFork {
        StoredFork {
            log: self.key.clone(),
            known: known.note,
            found: found.note().to_string(),
            seen: now,
        }
    }

    /// Examines two trees by the tiles of the larger one. Tiles of the cache that prove nothing are fetched again.
    async fn examine(
        &self,
        old: &TreeHead,
        new: &TreeHead,
        now: Timestamp,
    ) -> Result<Continuation, String> {
        let mut tiles = ReadTiles::default();
        loop {
            let mut nodes = TileNodes::new(&tiles, new.size);
            let unusable = match examine(&mut nodes, old, new) {
                Ok(Continuation::Unproven) => "the tiles do not lead to the root".to_owned(),
                Ok(continuation) => {
                    self.keep(&tiles);
                    return Ok(continuation);
                }
                Err(TileError::Read(path)) => {
                    self.read(path, &mut tiles, now).await?;
                    continue;
                }
                Err(error) => error.to_string(),
            };
            if tiles.cached.is_empty() {
                return match unusable.starts_with("the tiles") {
                    true => Ok(Continuation::Unproven),
                    false => Err(unusable),
                };
            }
            for path in std::mem::take(&mut tiles.cached) {
                self.tiles.remove(&path.to_string());
                tiles.read.remove(&path);
            }
        }
    }

    /// Reads one tile, from the cache or from the log.
    async fn read(
        &self,
        path: TilePath,
        tiles: &mut ReadTiles,
        now: Timestamp,
    ) -> Result<(), String> {
        let cached = self.tiles.get(&path.to_string());
        let bytes = match cached.filter(|_| !tiles.fetched.contains(&path)) {
            Some(bytes) => {
                tiles.cached.insert(path);
                bytes
            }
            None => {
                if tiles.fetched.len() == TILES_LIMIT {
                    return Err(format!(
                        "{} needs more than {TILES_LIMIT} tiles for one proof",
                        self.origin
                    ));
                }
                tiles.fetched.insert(path);
                self.tile(path, now).await?
            }
        };
        tiles.read.insert(path, bytes);
        Ok(())
    }

    /// Keeps tiles that led to the root of a signed tree.
    fn keep(&self, tiles: &ReadTiles) {
        for path in &tiles.fetched {
            if let Some(bytes) = tiles.read.get(path) {
                self.tiles.put(&path.to_string(), bytes);
            }
        }
    }

    /// Fetches a tile of hashes, or the part of the full one in the place of a partial one.
    async fn tile(&self, path: TilePath, now: Timestamp) -> Result<Vec<u8>, String> {
        let missing = || format!("cannot find {path} of {}", self.origin);
        let site = self.site.as_ref().ok_or_else(|| {
            format!(
                "cannot fetch {path}: the address of {} is unknown",
                self.origin
            )
        })?;
        if let Some(bytes) = site.read(&path.to_string(), TILE_BYTES, now).await? {
            return Ok(bytes);
        }
        if path.is_full() {
            return Err(missing());
        }
        let full = site.read(&path.full().to_string(), TILE_BYTES, now).await?;
        let part = usize::from(path.width()) * (TILE_BYTES / 256);
        let full = full.ok_or_else(missing)?;
        Ok(full.get(..part).ok_or_else(missing)?.to_vec())
    }

    /// Returns a tile of hashes for somebody else, who trusts it no more than this client does.
    pub async fn cached_tile(&self, path: TilePath, now: Timestamp) -> Option<Vec<u8>> {
        match self.tiles.get(&path.to_string()) {
            Some(bytes) => Some(bytes),
            None => self.tile(path, now).await.ok(),
        }
    }

    /// Remembers the time up to which an accepted checkpoint is known to be the newest: that of the earliest
    /// cosignature, because one witness alone may date it wrongly.
    pub async fn date(
        &self,
        store: &TrustStore,
        checkpoint: &VerifiedCheckpoint,
        now: Timestamp,
    ) -> Result<(), TrustStoreError> {
        let times = checkpoint.cosigned().iter().map(|cosigned| cosigned.time);
        match times.min() {
            Some(cosigned) => store.date_log(&self.key, time(cosigned).min(now)).await,
            None => Ok(()),
        }
    }
}

/// The tiles of one proof.
#[derive(Default)]
struct ReadTiles {
    read: HashMap<TilePath, Vec<u8>>,
    cached: HashSet<TilePath>,
    fetched: HashSet<TilePath>,
}

impl TileSource for &ReadTiles {
    /// The tile that is not read yet.
    type Error = TilePath;

    fn tile(&mut self, path: &TilePath) -> Result<Vec<u8>, TilePath> {
        self.read.get(path).cloned().ok_or(*path)
    }
}
