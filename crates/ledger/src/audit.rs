//! Replays a log, and compares it with a CPAN.

use std::collections::{HashMap, HashSet};

use cpan_sigstore_core::digest::Sha256Digest;
use cpan_sigstore_cpan::Cpan;
use cpan_sigstore_tlog::{
    checkpoint::VerifiedCheckpoint,
    entries,
    frontier::Frontier,
    hash::NodeHash,
    leaf::{LeafKind, LeafPath},
    policy::LogPolicy,
    replay::{Replay, Violation},
    tile::{HashTile, TileKind, TilePath},
};
use serde::Serialize;

use crate::{
    append::BATCH,
    reader::{LogReader, ReadError, bundles},
    scan::{self, ScanError},
    unread::{Unread, UnreadList},
    writer::NewFile,
};

/// Leaves of the largest log that is replayed.
const LEAVES_LIMIT: u64 = 1 << 23;
/// Most faults that are reported, so that a hostile log does not fill the memory.
const FAULTS_LIMIT: usize = 1000;

/// Reasons why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The log cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The CPAN cannot be read.
    #[error(transparent)]
    Scan(#[from] ScanError),
    /// The log is too large.
    #[error("cannot replay the log: expected at most {LEAVES_LIMIT} leaves, found {0}")]
    TooLarge(u64),
}

/// A fault that an audit found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A leaf breaks the rules.
    #[error("{0}")]
    Rule(#[from] Violation),
    /// The leaves do not have the root of the checkpoint.
    #[error(
        "the leaves have the root {computed}, but the checkpoint of {size} leaves states {signed}"
    )]
    Root {
        /// The size of the tree.
        size: u64,
        /// The root of the leaves.
        computed: NodeHash,
        /// The root of the checkpoint.
        signed: NodeHash,
    },
    /// A tile has other hashes than the leaves.
    #[error("{0} has other hashes than the leaves")]
    Tile(TilePath),
    /// A remembered checkpoint is of another tree.
    #[error(
        "a checkpoint of {size} leaves with the root {known} was signed before, but these leaves have {computed}"
    )]
    Fork {
        /// The size of its tree.
        size: u64,
        /// Its root.
        known: NodeHash,
        /// The root of the leaves.
        computed: NodeHash,
    },
    /// The log is older than a remembered checkpoint.
    #[error("the log has {size} leaves, but a checkpoint of {known} leaves was signed before")]
    RolledBack {
        /// The size of the log.
        size: u64,
        /// The size of the remembered tree.
        known: u64,
    },
    /// There are more faults than are reported.
    #[error("the log has more than {FAULTS_LIMIT} faults")]
    More,
}

impl Fault {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Rule(Violation::Form { .. }) => "leaf-malformed",
            Self::Rule(Violation::Changed { .. }) => "archive-changed",
            Self::Rule(Violation::Time { .. }) => "time-ran-back",
            Self::Rule(Violation::Future { .. }) => "time-ahead",
            Self::Root { .. } => "root-mismatch",
            Self::Tile(_) => "tile-mismatch",
            Self::Fork { .. } => "log-fork",
            Self::RolledBack { .. } => "log-rolled-back",
            Self::More => "more-faults",
        }
    }
}

/// A difference between a log and a CPAN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The CPAN has a file that is not logged.
    Unlogged {
        /// The path.
        path: LeafPath,
        /// The digest on the CPAN.
        found: Sha256Digest,
    },
    /// The CPAN has another file than the log.
    Changed {
        /// The path.
        path: LeafPath,
        /// The digest in the log.
        logged: Sha256Digest,
        /// The digest on the CPAN.
        found: Sha256Digest,
    },
    /// The log has a file that the CPAN has not.
    Absent {
        /// The path.
        path: LeafPath,
    },
}

impl Difference {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unlogged { .. } => "unlogged",
            Self::Changed { .. } => "log-mismatch",
            Self::Absent { .. } => "absent",
        }
    }

    /// The path.
    pub const fn path(&self) -> &LeafPath {
        match self {
            Self::Unlogged { path, .. } | Self::Changed { path, .. } | Self::Absent { path } => {
                path
            }
        }
    }
}

/// The number of paths of each kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Archives.
    pub archives: u64,
    /// Bundles.
    pub bundles: u64,
    /// Author records.
    pub records: u64,
    /// Indexes.
    pub indexes: u64,
}

/// The end of a comparison of a log with a CPAN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The number of files that were read.
    pub read: u64,
    /// Files and authors that cannot be read.
    pub unread: Vec<Unread>,
}

/// A replayed log.
#[derive(Debug)]
pub struct Audit {
    /// The checkpoint.
    pub checkpoint: VerifiedCheckpoint,
    /// The faults.
    pub faults: Vec<Fault>,
    /// The paths.
    pub counts: Counts,
    replay: Replay,
}

/// Replays a log: its leaves by the rules, its tiles, its root, and checkpoints that were seen before.
///
/// # Errors
/// [`AuditError`] if the log cannot be read, or is too large. Faults of its content are no errors.
pub async fn audit(
    log: &LogReader,
    policy: &LogPolicy,
    known: &[VerifiedCheckpoint],
    now: u64,
) -> Result<Audit, AuditError> {
    let checkpoint = log.checkpoint(policy).await?;
    let tree = *checkpoint.tree();
    if tree.size > LEAVES_LIMIT {
        return Err(AuditError::TooLarge(tree.size));
    }
    let (mut faults, mut tiles) = (Vec::new(), HashMap::new());
    let (mut frontier, mut replay) = (Frontier::default(), Replay::new(now));
    check_known(&frontier, known, &mut faults);
    log.tiles(bundles(tree.size), |path, bytes| {
        let leaves =
            entries::parse(&path, &bytes).map_err(|error| ReadError::Tile(error.to_string()))?;
        for leaf in leaves {
            replay.take(leaf, |violation| add(&mut faults, violation.into()));
            frontier.push(NodeHash::of_leaf(leaf), |path, row| {
                tiles.insert(path, tile_digest(row));
            });
            check_known(&frontier, known, &mut faults);
        }
        Ok::<_, ReadError>(())
    })
    .await?;
    let computed = frontier.head().root;
    if computed != tree.root {
        faults.push(Fault::Root {
            size: tree.size,
            computed,
            signed: tree.root,
        });
    }
    tiles.extend(
        frontier
            .partial()
            .map(|(path, row)| (path, tile_digest(row))),
    );
    let hashes = TilePath::added(0, tree.size).filter(|path| path.kind() != TileKind::Entries);
    log.tiles(hashes, |path, bytes| {
        if tiles.get(&path) != Some(&Sha256Digest::of(&bytes)) {
            add(&mut faults, Fault::Tile(path));
        }
        Ok::<_, ReadError>(())
    })
    .await?;
    for known in known
        .iter()
        .map(|known| known.tree().size)
        .filter(|known| *known > tree.size)
    {
        faults.push(Fault::RolledBack {
            size: tree.size,
            known,
        });
    }
    let counts = count(&replay);
    Ok(Audit {
        checkpoint,
        faults,
        counts,
        replay,
    })
}

/// The digest of a tile, so that the tiles of a large log are not all in memory.
fn tile_digest(row: &[NodeHash]) -> Sha256Digest {
    Sha256Digest::of(&HashTile::to_bytes(row))
}

/// Adds a fault, unless there are enough.
fn add(faults: &mut Vec<Fault>, fault: Fault) {
    match faults.len() {
        FAULTS_LIMIT => faults.push(Fault::More),
        count if count > FAULTS_LIMIT => {}
        _ => faults.push(fault),
    }
}

fn check_known(frontier: &Frontier, known: &[VerifiedCheckpoint], faults: &mut Vec<Fault>) {
    for known in known.iter().map(VerifiedCheckpoint::tree) {
        if known.size == frontier.size() && known.root != frontier.head().root {
            let computed = frontier.head().root;
            faults.push(Fault::Fork {
                size: known.size,
                known: known.root,
                computed,
            });
        }
    }
}

fn count(replay: &Replay) -> Counts {
    let mut counts = Counts::default();
    for path in replay.files().keys() {
        match path.kind() {
            LeafKind::Archive => counts.archives += 1,
            LeafKind::Bundle => counts.bundles += 1,
            LeafKind::Record => counts.records += 1,
            LeafKind::PackageIndex | LeafKind::AuthorIndex => counts.indexes += 1,
        }
    }
    counts
}

impl Audit {
    /// The time of the newest leaf, in Unix seconds; 0 without leaves.
    pub const fn newest(&self) -> u64 {
        self.replay.latest()
    }

    /// Compares the log with all files of a CPAN, and passes each difference to `report`. A file or an author that
    /// cannot be read stops no other, and is no difference.
    ///
    /// # Errors
    /// [`ScanError`] if the CPAN as a whole cannot be read.
    pub async fn compare(
        &self,
        cpan: &Cpan,
        mut report: impl FnMut(Difference),
    ) -> Result<Comparison, ScanError> {
        let mut unread = UnreadList::default();
        let files = scan::walk(cpan, &mut unread).await?;
        let listed: Vec<_> = files.into_iter().collect();
        let (mut read, mut found) = (0, HashSet::new());
        for batch in listed.chunks(BATCH) {
            for file in scan::read(cpan, batch, &mut unread).await? {
                read += 1;
                found.insert(file.path.clone());
                self.compare_file(&file).into_iter().for_each(&mut report);
            }
        }
        if let Some(index) = scan::package_index(cpan).await? {
            read += 1;
            self.compare_file(&index).into_iter().for_each(&mut report);
        }
        let archives = self
            .replay
            .files()
            .keys()
            .filter(|path| path.kind() == LeafKind::Archive);
        let mut absent: Vec<_> = archives
            // A file that a list names, and that nobody gets, is absent too.
            .filter(|path| !found.contains(*path) && !unread.has(path.as_str()))
            .collect();
        absent.sort();
        absent
            .into_iter()
            .for_each(|path| report(Difference::Absent { path: path.clone() }));
        let unread = unread.into_items();
        Ok(Comparison { read, unread })
    }

    fn compare_file(&self, file: &NewFile) -> Option<Difference> {
        let (path, found) = (file.path.clone(), file.digest);
        match self.replay.files().get(&file.path) {
            None => Some(Difference::Unlogged { path, found }),
            Some(logged) if logged.digest != found => Some(Difference::Changed {
                path,
                logged: logged.digest,
                found,
            }),
            Some(_) => None,
        }
    }
}
