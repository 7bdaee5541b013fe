//! The tree in files (`tlog-tiles`): tiles of 256 hashes, and their paths.

use std::{collections::HashMap, fmt, str::FromStr};

use crate::{
    encoding::{SIZE_LIMIT, decimal, excerpt},
    hash::{HASH_SIZE, NodeHash},
    tree::NodeSource,
};

/// Levels of the tree in a tile.
pub const TILE_HEIGHT: u32 = 8;
/// Hashes in a full tile.
pub const TILE_WIDTH: u64 = 1 << TILE_HEIGHT;
/// Bytes of a full tile.
pub const TILE_BYTES: usize = HASH_SIZE << TILE_HEIGHT;
/// Levels of tiles in the largest tree.
const LEVEL_LIMIT: u8 = 8;

/// The content of a file of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TileKind {
    /// Leaves: an entry bundle.
    Entries,
    /// Hashes of this level of tiles.
    Hashes(u8),
}

/// The path of a file of the tree, such as `tile/0/x001/234.p/5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TilePath {
    kind: TileKind,
    index: u64,
    width: u16,
}

/// The text is no path of a tile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid path of a tile: expected tile/LEVEL/INDEX or tile/entries/INDEX, found `{0}`")]
pub struct TilePathError(String);

impl TilePath {
    /// Returns the widest file at an index in a tree of this size; `None` if the tree has none there.
    pub fn in_tree(kind: TileKind, index: u64, size: u64) -> Option<Self> {
        let start = index.checked_mul(TILE_WIDTH)?;
        let left = hashes(kind, size)
            .checked_sub(start)
            .filter(|left| *left > 0)?;
        let width = u16::try_from(left.min(TILE_WIDTH)).ok()?;
        Some(Self { kind, index, width })
    }

    /// Returns the files that a tree has and the smaller one before it had not, entries before hashes.
    pub fn added(old: u64, new: u64) -> impl Iterator<Item = Self> {
        let levels = (0..LEVEL_LIMIT).map(TileKind::Hashes);
        [TileKind::Entries]
            .into_iter()
            .chain(levels)
            .flat_map(move |kind| {
                let (from, to) = (hashes(kind, old), hashes(kind, new));
                let indexes = if from < to {
                    from / TILE_WIDTH..to.div_ceil(TILE_WIDTH)
                } else {
                    0..0
                };
                indexes.filter_map(move |index| Self::in_tree(kind, index, new))
            })
    }

    /// The content.
    pub const fn kind(&self) -> TileKind {
        self.kind
    }

    /// The position within the level.
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// The number of hashes or leaves.
    pub const fn width(&self) -> u16 {
        self.width
    }

    /// Whether it is full, and so never changes.
    pub const fn is_full(&self) -> bool {
        self.width as u64 == TILE_WIDTH
    }

    /// The full tile that takes the place of a partial one. A log may remove the partial one then.
    #[must_use]
    pub const fn full(&self) -> Self {
        Self {
            kind: self.kind,
            index: self.index,
            width: TILE_WIDTH as u16,
        }
    }
}

/// How many hashes or leaves a tree has on a level.
fn hashes(kind: TileKind, size: u64) -> u64 {
    match kind {
        TileKind::Entries => size,
        TileKind::Hashes(level) => size
            .checked_shr(u32::from(level) * TILE_HEIGHT)
            .unwrap_or(0),
    }
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            TileKind::Entries => f.write_str("tile/entries/")?,
            TileKind::Hashes(level) => write!(f, "tile/{level}/")?,
        }
        let (mut above, mut groups) = (self.index, Vec::new());
        while above >= 1000 {
            groups.push(above % 1000);
            above /= 1000;
        }
        if groups.is_empty() {
            write!(f, "{above:03}")?;
        } else {
            write!(f, "x{above:03}/")?;
            while let Some(group) = groups.pop() {
                match groups.is_empty() {
                    true => write!(f, "{group:03}")?,
                    false => write!(f, "x{group:03}/")?,
                }
            }
        }
        if self.is_full() {
            Ok(())
        } else {
            write!(f, ".p/{}", self.width)
        }
    }
}

impl FromStr for TilePath {
    type Err = TilePathError;

    fn from_str(text: &str) -> Result<Self, TilePathError> {
        let parsed = parse(text).filter(|path| path.to_string() == text);
        parsed.ok_or_else(|| TilePathError(excerpt(text)))
    }
}

/// Reads a path leniently; the caller compares it with the text of the result.
fn parse(text: &str) -> Option<TilePath> {
    let (kind, rest) = text.strip_prefix("tile/")?.split_once('/')?;
    let kind = match kind {
        "entries" => TileKind::Entries,
        level => TileKind::Hashes(
            decimal(level)?
                .try_into()
                .ok()
                .filter(|l| *l < LEVEL_LIMIT)?,
        ),
    };
    let (rest, width) = match rest.split_once(".p/") {
        Some((rest, width)) => (rest, decimal(width)?),
        None => (rest, TILE_WIDTH),
    };
    let mut index: u64 = 0;
    for group in rest.split('/') {
        let digits = group.strip_prefix('x').unwrap_or(group);
        let is_group = digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit());
        let group: u64 = digits.parse().ok().filter(|_| is_group)?;
        index = index.checked_mul(1000)?.checked_add(group)?;
    }
    let fits = index <= SIZE_LIMIT / TILE_WIDTH && (1..=TILE_WIDTH).contains(&width);
    fits.then_some(TilePath {
        kind,
        index,
        width: u16::try_from(width).ok()?,
    })
}

/// The hashes of a tile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HashTile(Vec<NodeHash>);

impl HashTile {
    /// Reads a tile; `None` if it has not the size that its path states.
    pub fn parse(path: &TilePath, bytes: &[u8]) -> Option<Self> {
        if bytes.len() != usize::from(path.width) * HASH_SIZE {
            return None;
        }
        let hashes = bytes.chunks_exact(HASH_SIZE).map(|bytes| {
            let mut hash = [0; HASH_SIZE];
            hash.copy_from_slice(bytes);
            NodeHash::new(hash)
        });
        Some(Self(hashes.collect()))
    }

    /// Returns the bytes of a tile with these hashes.
    pub fn to_bytes(hashes: &[NodeHash]) -> Vec<u8> {
        hashes.iter().flat_map(|hash| *hash.as_bytes()).collect()
    }

    /// The hashes.
    pub fn hashes(&self) -> &[NodeHash] {
        &self.0
    }
}

/// A source of the files of a tree.
pub trait TileSource {
    /// The reason why a file cannot be read.
    type Error;

    /// Returns the file at a path, or, of a partial tile, the start of the full one in its place.
    ///
    /// # Errors
    /// If there is no such file, or it cannot be read.
    fn tile(&mut self, path: &TilePath) -> Result<Vec<u8>, Self::Error>;
}

/// Reasons why tiles have no hash of a node.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TileError<E> {
    /// The file cannot be read.
    #[error(transparent)]
    Read(E),
    /// The file has another size.
    #[error("invalid {path}: expected {expected} bytes, found {found}")]
    Size {
        /// The file.
        path: TilePath,
        /// Its size by its path.
        expected: usize,
        /// Its size.
        found: usize,
    },
    /// The tree has no such node.
    #[error("invalid node {index} of level {level}: expected one of the tree of {size} leaves")]
    Outside {
        /// The level of the node.
        level: u32,
        /// The position within the level.
        index: u64,
        /// The size of the tree.
        size: u64,
    },
}

/// The nodes of a tree in tiles. Each tile is read once.
///
/// # Security
///
/// Nothing proves these hashes. A proof that is made of them proves itself, or fails.
#[derive(Debug)]
pub struct TileNodes<S> {
    source: S,
    size: u64,
    read: HashMap<TilePath, HashTile>,
}

impl<S: TileSource> TileNodes<S> {
    /// The nodes of the tree of this size.
    pub fn new(source: S, size: u64) -> Self {
        Self {
            source,
            size,
            read: HashMap::new(),
        }
    }

    fn tile(&mut self, path: TilePath) -> Result<&HashTile, TileError<S::Error>> {
        if !self.read.contains_key(&path) {
            let bytes = self.source.tile(&path).map_err(TileError::Read)?;
            let tile = HashTile::parse(&path, &bytes).ok_or_else(|| TileError::Size {
                path,
                expected: usize::from(path.width) * HASH_SIZE,
                found: bytes.len(),
            })?;
            self.read.insert(path, tile);
        }
        Ok(&self.read[&path])
    }
}

impl<S: TileSource> NodeSource for TileNodes<S> {
    type Error = TileError<S::Error>;

    fn node(&mut self, level: u32, index: u64) -> Result<NodeHash, Self::Error> {
        let size = self.size;
        let outside = || TileError::Outside { level, index, size };
        let (tile_level, inner) = (level / TILE_HEIGHT, level % TILE_HEIGHT);
        let first = index.checked_mul(1 << inner).ok_or_else(outside)?;
        let kind = TileKind::Hashes(u8::try_from(tile_level).map_err(|_| outside())?);
        let path = TilePath::in_tree(kind, first / TILE_WIDTH, size).ok_or_else(outside)?;
        let start = usize::try_from(first % TILE_WIDTH).map_err(|_| outside())?;
        let row = self.tile(path)?.hashes().get(start..start + (1 << inner));
        row.map(NodeHash::of_row).ok_or_else(outside)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_paths_as_the_format_does() {
        let path = |kind, index, width| TilePath { kind, index, width }.to_string();
        assert_eq!(path(TileKind::Hashes(0), 0, 256), "tile/0/000");
        assert_eq!(
            path(TileKind::Hashes(4), 1_234_067, 1),
            "tile/4/x001/x234/067.p/1"
        );
        assert_eq!(
            path(TileKind::Hashes(4), 1_234_067, 256),
            "tile/4/x001/x234/067"
        );
        assert_eq!(
            path(TileKind::Entries, 1000, 255),
            "tile/entries/x001/000.p/255"
        );
        assert_eq!(path(TileKind::Entries, 999, 256), "tile/entries/999");
    }

    #[test]
    fn reads_one_path_for_each_tile() {
        for text in [
            "tile/0/000",
            "tile/7/x001/x234/067.p/1",
            "tile/entries/x001/000.p/255",
        ] {
            assert_eq!(text.parse::<TilePath>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "tile/0",
            "tile/0/",
            "tile/00/000",
            "tile/8/000",
            "tile/-1/000",
            "tile/data/000",
            "tile/0/0",
            "tile/0/0000",
            "tile/0/x000/001",
            "tile/0/001/002",
            "tile/0/x001",
            "tile/0/1000",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/01",
            "tile/0/000.p/",
            "tile/0/000.p",
            "/tile/0/000",
            "tile/0/000/",
            "tile/0/../000",
            "tile/0/x000/x000/000",
            "tile/0/+01",
            "tile/0/x999/x999/x999/x999/x999/x999/999",
            "tile/entries/000.p/1/",
            "tile/0/000.p/1.p/1",
        ] {
            assert!(text.parse::<TilePath>().is_err(), "{text}");
        }
    }

    #[test]
    fn lists_files_that_a_larger_tree_adds() {
        let added = |old, new| {
            TilePath::added(old, new)
                .map(|path| path.to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(added(0, 0), [""; 0]);
        assert_eq!(added(0, 1), ["tile/entries/000.p/1", "tile/0/000.p/1"]);
        assert_eq!(
            added(255, 257),
            [
                "tile/entries/000",
                "tile/entries/001.p/1",
                "tile/0/000",
                "tile/0/001.p/1",
                "tile/1/000.p/1",
            ]
        );
        assert_eq!(added(256, 256), [""; 0]);
        assert_eq!(added(256, 257), ["tile/entries/001.p/1", "tile/0/001.p/1"]);
        assert_eq!(
            added(65_535, 65_536),
            [
                "tile/entries/255",
                "tile/0/255",
                "tile/1/000",
                "tile/2/000.p/1"
            ]
        );
    }

    #[test]
    fn rejects_tile_of_another_size() {
        let path: TilePath = "tile/0/000.p/2".parse().unwrap();
        assert!(HashTile::parse(&path, &[0; 64]).is_some());
        for size in [0, 32, 63, 65, 96, 8192] {
            assert!(HashTile::parse(&path, &vec![0; size]).is_none(), "{size}");
        }
    }
}
