//! Computes from the tiles of a log. A tile is read when it is needed.

use std::collections::HashMap;

use cpan_sigstore_keyless::transparency::SignedTree;
use cpan_sigstore_tlog::{
    frontier::Frontier,
    hash::{HASH_SIZE, NodeHash},
    tile::{TileError, TileKind, TileNodes, TilePath, TileSource},
    tree::{Continuation, TreeHead, examine},
};

use super::{LogError, site::LogSite};

/// Most tiles of one proof: the paths to a leaf and to the right edge, on each of eight levels, twice.
const TILES_LIMIT: usize = 32;

/// The tiles of one tree of a log that were read. Nothing proves them.
#[derive(Default)]
pub(super) struct Tiles {
    read: HashMap<(TileKind, u64), Vec<u8>>,
}

/// Size and root of a signed tree.
pub(super) fn head(tree: &SignedTree) -> TreeHead {
    TreeHead {
        size: tree.size(),
        root: NodeHash::new(*tree.root()),
    }
}

impl TileSource for &Tiles {
    /// The tile that is not read yet.
    type Error = TilePath;

    fn tile(&mut self, path: &TilePath) -> Result<Vec<u8>, TilePath> {
        let bytes = self.read.get(&(path.kind(), path.index())).ok_or(*path)?;
        // The tile of a smaller tree is the start of that of a larger one.
        let part = usize::from(path.width()) * HASH_SIZE;
        Ok(bytes.get(..part).unwrap_or(bytes).to_vec())
    }
}

impl Tiles {
    /// Computes from the tiles of the tree of this size, and reads those that are missing.
    async fn compute<T>(
        &mut self,
        site: &LogSite,
        size: u64,
        compute: impl Fn(&Self) -> Result<T, TileError<TilePath>>,
    ) -> Result<T, LogError> {
        for _ in 0..=TILES_LIMIT {
            let path = match compute(self) {
                Ok(result) => return Ok(result),
                Err(TileError::Read(path)) => path,
                Err(error) => return Err(LogError::Form(error.to_string())),
            };
            let widest = TilePath::in_tree(path.kind(), path.index(), size);
            let widest = widest.ok_or(LogError::Missing(path))?;
            let bytes = site.file(widest).await?;
            self.read.insert((path.kind(), path.index()), bytes);
        }
        Err(LogError::TooManyTiles(TILES_LIMIT))
    }

    /// Examines whether a tree continues another.
    pub async fn examine(
        &mut self,
        site: &LogSite,
        old: &TreeHead,
        new: &TreeHead,
    ) -> Result<Continuation, LogError> {
        self.compute(site, new.size, |tiles| {
            examine(&mut TileNodes::new(tiles, new.size), old, new)
        })
        .await
    }

    /// Returns the right edge of an earlier tree, which has to lead to its root.
    pub async fn frontier(
        &mut self,
        site: &LogSite,
        earlier: &TreeHead,
        tree: &TreeHead,
    ) -> Result<Frontier, LogError> {
        let frontier = self.compute(site, tree.size, |tiles| {
            Frontier::read(&mut &*tiles, earlier.size)
        });
        let frontier = frontier.await?;
        match frontier.head() == *earlier {
            true => Ok(frontier),
            false => Err(LogError::OtherTree(tree.size)),
        }
    }
}
