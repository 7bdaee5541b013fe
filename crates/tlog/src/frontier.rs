//! The right edge of a tree, to which leaves are appended.

use crate::{
    hash::NodeHash,
    tile::{HashTile, TILE_WIDTH, TileError, TileKind, TilePath, TileSource},
    tree::{TreeHead, join},
};

/// The last tile of each level: all that appending needs of a tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// The hashes of the last, partial tile of each level; none if it is full.
    levels: Vec<Vec<NodeHash>>,
}

impl Frontier {
    /// Reads the right edge of a tree.
    ///
    /// Compare its [`head`](Self::head) with the checkpoint: files may be damaged.
    ///
    /// # Errors
    /// If a tile cannot be read, or has another size.
    pub fn read<S: TileSource>(source: &mut S, size: u64) -> Result<Self, TileError<S::Error>> {
        let mut levels = Vec::new();
        let mut level = 0;
        while let Some(count) = size
            .checked_shr(u32::from(level) * 8)
            .filter(|count| *count > 0)
        {
            let partial = TilePath::in_tree(TileKind::Hashes(level), count / TILE_WIDTH, size);
            levels.push(match partial {
                None => Vec::new(),
                Some(path) => {
                    let bytes = source.tile(&path).map_err(TileError::Read)?;
                    let found = bytes.len();
                    let tile = HashTile::parse(&path, &bytes).ok_or_else(|| TileError::Size {
                        path,
                        expected: usize::from(path.width()) * crate::hash::HASH_SIZE,
                        found,
                    })?;
                    tile.hashes().to_vec()
                }
            });
            level += 1;
        }
        Ok(Self { size, levels })
    }

    /// The number of leaves.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf, and passes each tile that it fills to `full`.
    pub fn push(&mut self, leaf: NodeHash, mut full: impl FnMut(TilePath, &[NodeHash])) {
        self.size += 1;
        let (mut hash, mut level) = (leaf, 0);
        loop {
            if self.levels.len() == usize::from(level) {
                self.levels.push(Vec::new());
            }
            let row = &mut self.levels[usize::from(level)];
            row.push(hash);
            if (row.len() as u64) < TILE_WIDTH {
                return;
            }
            let kind = TileKind::Hashes(level);
            let index = (self.size >> (u32::from(level) * 8)) / TILE_WIDTH - 1;
            if let Some(path) = TilePath::in_tree(kind, index, self.size) {
                full(path, row);
            }
            hash = NodeHash::of_row(row);
            row.clear();
            level += 1;
        }
    }

    /// Returns the partial tiles, from the lowest level on.
    pub fn partial(&self) -> impl Iterator<Item = (TilePath, &[NodeHash])> {
        (0..).zip(&self.levels).filter_map(|(level, row)| {
            let count = self.size.checked_shr(u32::from(level) * 8)?;
            let path = TilePath::in_tree(TileKind::Hashes(level), count / TILE_WIDTH, self.size)?;
            Some((path, row.as_slice()))
        })
    }

    /// Returns size and root.
    pub fn head(&self) -> TreeHead {
        let mut parts = Vec::new();
        for row in self.levels.iter().rev() {
            let mut rest = row.as_slice();
            while !rest.is_empty() {
                let (part, after) = rest.split_at(1 << rest.len().ilog2());
                parts.push(NodeHash::of_row(part));
                rest = after;
            }
        }
        TreeHead {
            size: self.size,
            root: join(parts),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::{
        tile::TileNodes,
        tree::{continues, includes, prove_consistency, prove_inclusion, root},
    };

    #[derive(Clone, Default)]
    struct Files(HashMap<TilePath, Vec<u8>>);

    impl TileSource for &Files {
        type Error = TilePath;

        fn tile(&mut self, path: &TilePath) -> Result<Vec<u8>, TilePath> {
            self.0.get(path).cloned().ok_or(*path)
        }
    }

    /// Appends leaves as a log does, with the files of each size.
    fn append(frontier: &mut Frontier, files: &mut Files, count: u64) {
        for _ in 0..count {
            let leaf = NodeHash::of_leaf(&frontier.size().to_be_bytes());
            frontier.push(leaf, |path, hashes| {
                files.0.insert(path, HashTile::to_bytes(hashes));
            });
        }
        for (path, hashes) in frontier.partial() {
            files.0.insert(path, HashTile::to_bytes(hashes));
        }
    }

    #[test]
    fn writes_the_files_of_a_tree_and_reads_them_again() {
        let (mut frontier, mut files) = (Frontier::default(), Files::default());
        let mut before = frontier.head();
        for count in [1, 2, 252, 1, 1, 255, 0, 300, 64_700, 24, 1, 70_000] {
            let added: Vec<_> = TilePath::added(before.size, before.size + count)
                .filter(|path| path.kind() != TileKind::Entries)
                .collect();
            append(&mut frontier, &mut files, count);
            assert!(
                added.iter().all(|path| files.0.contains_key(path)),
                "{count}"
            );
            let head = frontier.head();
            assert_eq!(Frontier::read(&mut &files, head.size).unwrap(), frontier);
            let mut nodes = TileNodes::new(&files, head.size);
            assert_eq!(root(&mut nodes, head.size).unwrap(), head.root);
            let proof = prove_consistency(&mut nodes, before.size, head.size).unwrap();
            assert!(continues(&before, &head, &proof), "{count}");
            for index in [0, 254, 255, 256, head.size - 1]
                .into_iter()
                .filter(|index| *index < head.size)
            {
                let leaf = NodeHash::of_leaf(&index.to_be_bytes());
                let proof = prove_inclusion(&mut nodes, index, head.size).unwrap();
                assert!(
                    includes(&head, index, &leaf, &proof),
                    "{index} of {}",
                    head.size
                );
            }
            before = head;
        }
    }

    #[test]
    fn proves_nothing_from_partial_tile_that_lies() {
        let (mut frontier, mut files) = (Frontier::default(), Files::default());
        append(&mut frontier, &mut files, 600);
        let head = frontier.head();
        let path: TilePath = "tile/0/002.p/88".parse().unwrap();
        files.0.get_mut(&path).unwrap()[32 * 5 + 1] ^= 1;
        // The proof of leaf 517 itself has no need of its hash.
        for index in [3, 300, 515, 516, 599] {
            let proof = prove_inclusion(&mut TileNodes::new(&files, 600), index, 600).unwrap();
            let leaf = NodeHash::of_leaf(&index.to_be_bytes());
            assert!(!includes(&head, index, &leaf, &proof), "{index}");
        }
        assert_ne!(Frontier::read(&mut &files, 600).unwrap().head(), head);
    }

    #[test]
    fn reports_tile_of_wrong_size_and_missing_tile() {
        let (mut frontier, mut files) = (Frontier::default(), Files::default());
        append(&mut frontier, &mut files, 300);
        let path: TilePath = "tile/0/001.p/44".parse().unwrap();
        files.0.get_mut(&path).unwrap().push(0);
        let expected = TileError::Size {
            path,
            expected: 1408,
            found: 1409,
        };
        assert_eq!(Frontier::read(&mut &files, 300).unwrap_err(), expected);
        let error = prove_inclusion(&mut TileNodes::new(&files, 300), 3, 300).unwrap_err();
        assert_eq!(error, expected);
        files.0.remove(&path);
        assert_eq!(
            Frontier::read(&mut &files, 300).unwrap_err(),
            TileError::Read(path)
        );
    }
}
