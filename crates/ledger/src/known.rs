//! The index of the newest leaf of each path. It is made from the log, and made again where it is missing.

use std::{collections::HashMap, io};

use cpan_sigstore_core::digest::Sha256Digest;
use cpan_sigstore_tlog::{
    entries,
    leaf::{Leaf, LeafPath},
    tile::{TILE_WIDTH, TileKind, TilePath},
};

use crate::{
    store::{Area, Store},
    writer::{LedgerError, TILE_LIMIT},
};

/// Leaves of which one file has the paths.
const CHUNK: u64 = 16 * TILE_WIDTH;
/// Bytes of a path's digest. Nobody finds two paths that share so many.
const KEY_BYTES: usize = 16;

/// The start of a path's digest.
type Key = [u8; KEY_BYTES];

/// The paths of a log.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    newest: HashMap<Key, u64>,
    /// The keys of the last file.
    last: Vec<u8>,
    size: u64,
}

fn key(path: &str) -> Key {
    let digest = Sha256Digest::of(path.as_bytes());
    let mut key = [0; KEY_BYTES];
    key.copy_from_slice(&digest.as_bytes()[..KEY_BYTES]);
    key
}

fn name(chunk: u64) -> String {
    format!("known/{chunk:06}")
}

impl Known {
    /// Reads the paths of a log of this size.
    pub fn read(store: &impl Store, size: u64) -> Result<Self, LedgerError> {
        let mut known = Self::default();
        known.newest.reserve(usize::try_from(size).unwrap_or(0));
        while known.size < size {
            let chunk = known.size / CHUNK;
            let keys = store.read(Area::State, &name(chunk), CHUNK * KEY_BYTES as u64);
            let keys = keys
                .map_err(LedgerError::read(&name(chunk)))?
                .unwrap_or_default();
            let end = size.min((chunk + 1) * CHUNK);
            let (keys, _) = keys.as_chunks::<KEY_BYTES>();
            let start = known.size;
            for key in keys.iter().take(usize::try_from(end - start).unwrap_or(0)) {
                known.push(*key);
            }
            known.read_leaves(store, end, size)?;
        }
        Ok(known)
    }

    /// Reads leaves whose paths were not written before the writer ended.
    fn read_leaves(&mut self, store: &impl Store, end: u64, size: u64) -> Result<(), LedgerError> {
        while self.size < end {
            let skip = usize::try_from(self.size % TILE_WIDTH).unwrap_or(0);
            for leaf in read_bundle(store, self.size, size)?.into_iter().skip(skip) {
                self.push(key(leaf.path().as_str()));
            }
        }
        Ok(())
    }

    fn push(&mut self, key: Key) {
        if self.size.is_multiple_of(CHUNK) {
            self.last.clear();
        }
        self.last.extend_from_slice(&key);
        self.newest.insert(key, self.size);
        self.size += 1;
    }

    /// Adds the paths of new leaves, and writes them.
    pub fn append<'a>(
        &mut self,
        store: &impl Store,
        paths: impl Iterator<Item = &'a LeafPath>,
    ) -> io::Result<()> {
        for path in paths {
            self.push(key(path.as_str()));
            if self.size.is_multiple_of(CHUNK) {
                store.write(Area::State, &name(self.size / CHUNK - 1), &self.last)?;
            }
        }
        if self.size.is_multiple_of(CHUNK) {
            return Ok(());
        }
        store.write(Area::State, &name(self.size / CHUNK), &self.last)
    }

    /// The index of the newest leaf of a path.
    pub fn newest(&self, path: &LeafPath) -> Option<u64> {
        self.newest.get(&key(path.as_str())).copied()
    }
}

/// Reads the leaves of the entry bundle that has the leaf at an index, in a log of this size.
pub(crate) fn read_bundle(
    store: &impl Store,
    index: u64,
    size: u64,
) -> Result<Vec<Leaf>, LedgerError> {
    let path = TilePath::in_tree(TileKind::Entries, index / TILE_WIDTH, size);
    let path = path.ok_or(LedgerError::Damaged {
        reason: format!("there is no leaf {index}"),
    })?;
    let damaged = |reason: String| LedgerError::Damaged { reason };
    let bytes = store.read(Area::Log, &path.to_string(), TILE_LIMIT);
    let bytes = bytes.map_err(LedgerError::read(&path.to_string()))?;
    let bytes = bytes.ok_or_else(|| damaged(format!("{path} is missing")))?;
    let leaves = entries::parse(&path, &bytes).map_err(|error| damaged(error.to_string()))?;
    let parse =
        |leaf: &[u8]| Leaf::parse(leaf).map_err(|error| damaged(format!("{path}: {error}")));
    leaves.into_iter().map(parse).collect()
}
