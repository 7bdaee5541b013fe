//! The tree as the files of the log show it, which may be another one than the log has.

use super::RekorV2;
use crate::checkpoint;
use crate::merkle::{Hash, MerkleTree, leaf_hash};

/// A misbehaviour of the files of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TileMisbehaviour {
    /// The newest entry is served as another one, and the tree still has it.
    HiddenEntry,
    /// Every tile of hashes has a wrong bit.
    LyingTiles,
    /// Checkpoint and files are those of the tree before the newest entry.
    Shrunk,
    /// Checkpoint and files are those of a tree with another first entry.
    Forked,
    /// The checkpoint is of a tree of 2^40 entries, whose files are not there.
    Endless,
    /// Partial tiles and partial entry bundles are gone, as after a log has grown.
    NoPartial,
    /// There is no checkpoint, as at a log without tiles.
    NoCheckpoint,
}

impl RekorV2 {
    /// Returns the checkpoint; `None` if there is none.
    pub(super) fn served_checkpoint(&self) -> Option<String> {
        let wrong = self.tiles.get();
        let (size, root) = match wrong {
            None | Some(TileMisbehaviour::HiddenEntry | TileMisbehaviour::LyingTiles) => {
                return Some(self.log.checkpoint().0);
            }
            Some(TileMisbehaviour::NoPartial) => return Some(self.log.checkpoint().0),
            Some(TileMisbehaviour::NoCheckpoint) => return None,
            Some(TileMisbehaviour::Endless) => (1 << 40, leaf_hash(b"the root of no tree")),
            Some(TileMisbehaviour::Shrunk | TileMisbehaviour::Forked) => {
                let tree = tree(&self.served());
                (tree.size(), tree.root(tree.size()).unwrap_or_default())
            }
        };
        let (origin, signer) = self.log.names();
        Some(checkpoint::sign(
            origin,
            signer,
            size,
            &root,
            self.log.signing_key(),
        ))
    }

    /// Returns hashes of one tile.
    pub(super) fn served_tile(&self, level: u32, index: usize) -> Vec<Hash> {
        let mut hashes = match self.tiles.get() {
            Some(TileMisbehaviour::Shrunk | TileMisbehaviour::Forked) => {
                tree(&self.served()).tile(level, index)
            }
            _ => self.log.tile(level, index),
        };
        if self.tiles.is(TileMisbehaviour::LyingTiles) {
            hashes.iter_mut().for_each(|hash| hash[0] ^= 1);
        }
        hashes
    }

    /// Returns bodies of one entry bundle.
    pub(super) fn served_bodies(&self, start: usize, count: usize) -> Vec<Vec<u8>> {
        match self.tiles.get() {
            None => self.log.bodies(start, count),
            Some(_) => self.served().into_iter().skip(start).take(count).collect(),
        }
    }

    /// All entries as the files show them.
    fn served(&self) -> Vec<Vec<u8>> {
        let mut bodies = self.log.bodies(0, usize::MAX);
        let wrong = self.tiles.get();
        match wrong {
            Some(TileMisbehaviour::Shrunk) => drop(bodies.pop()),
            Some(TileMisbehaviour::Forked) => {
                if let Some(first) = bodies.first_mut() {
                    *first = b"another first entry".to_vec();
                }
            }
            Some(TileMisbehaviour::HiddenEntry) => {
                if let Some(last) = bodies.last_mut() {
                    *last = b"nothing to see here".to_vec();
                }
            }
            _ => {}
        }
        bodies
    }

    /// Whether a file of this width is served.
    pub(super) fn serves(&self, width: usize) -> bool {
        width == 256 || !self.tiles.is(TileMisbehaviour::NoPartial)
    }
}

fn tree(bodies: &[Vec<u8>]) -> MerkleTree {
    let mut tree = MerkleTree::default();
    for body in bodies {
        tree.append(leaf_hash(body));
    }
    tree
}
