//! Replays a log, and compares it with a CPAN.

mod compare;
mod fault;
mod folder;

use std::collections::HashMap;

use cpan_sigstore_core::digest::Sha256Digest;
use cpan_sigstore_tlog::{
    checkpoint::VerifiedCheckpoint,
    entries,
    frontier::Frontier,
    hash::NodeHash,
    leaf::{Leaf, LeafKind},
    policy::LogPolicy,
    replay::Replay,
    tile::{HashTile, TileKind, TilePath},
};
use serde::Serialize;

use crate::{
    reader::{LogReader, ReadError, bundles},
    scan::ScanError,
};

pub use compare::{Comparison, Difference};
pub use fault::Fault;
pub use folder::{AuditFolder, FolderError};

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
    /// The auditor's folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A checkpoint that the log has to continue is of another log.
    #[error("cannot compare checkpoints: one is of {known}, the other of {found}")]
    OtherLog {
        /// The log of the remembered one.
        known: String,
        /// The log.
        found: String,
    },
    /// The log is too large.
    #[error("cannot replay the log: expected at most {LEAVES_LIMIT} leaves, found {0}")]
    TooLarge(u64),
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

/// A replayed log.
#[derive(Debug)]
pub struct Audit {
    /// The checkpoint.
    pub checkpoint: VerifiedCheckpoint,
    /// The faults.
    pub faults: Vec<Fault>,
    /// The paths.
    pub counts: Counts,
    /// The number of leaves that an earlier audit found to be sound.
    pub audited: u64,
    /// The selected leaves with their indexes, in order.
    pub selected: Vec<(u64, Leaf)>,
    replay: Replay,
}

/// An audit of a log.
pub struct Auditor<'a> {
    /// The log.
    pub log: &'a LogReader,
    /// The key of the log, and its witnesses.
    pub policy: &'a LogPolicy,
    /// Checkpoints that the log has to continue.
    pub known: &'a [VerifiedCheckpoint],
    /// The folder that makes the next audit incremental.
    pub folder: Option<&'a AuditFolder>,
    /// Whether a leaf is returned in [`Audit::selected`].
    pub select: &'a (dyn Fn(&Leaf) -> bool + Sync),
    /// The time, in Unix seconds.
    pub now: u64,
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
    let auditor = Auditor {
        log,
        policy,
        known,
        folder: None,
        select: &|_| false,
        now,
    };
    auditor.run().await
}

impl Auditor<'_> {
    /// Replays the log. With a folder, it fetches only leaves and tiles that no earlier audit has read. The leaves of
    /// the folder are used only if they lead to the signed roots.
    ///
    /// # Errors
    /// [`AuditError`] if the log or the folder cannot be read, or the log is too large. Faults of its content are no
    /// errors.
    pub async fn run(&self) -> Result<Audit, AuditError> {
        let _lock = self.folder.map(AuditFolder::lock).transpose()?;
        let before = match self.folder {
            Some(folder) => folder.checkpoint(self.policy)?,
            None => None,
        };
        let checkpoint = self.log.checkpoint(self.policy).await?;
        if checkpoint.tree().size > LEAVES_LIMIT {
            return Err(AuditError::TooLarge(checkpoint.tree().size));
        }
        let mut known: Vec<_> = self.known.iter().collect();
        known.extend(&before);
        for known in &known {
            if known.origin() != checkpoint.origin() {
                return Err(AuditError::OtherLog {
                    known: known.origin().to_owned(),
                    found: checkpoint.origin().to_owned(),
                });
            }
        }
        let audited = before.as_ref().map_or(0, |before| before.tree().size);
        let audit = self.replay(&checkpoint, &known, audited).await?;
        if let Some(folder) = self.folder.filter(|_| audit.faults.is_empty()) {
            folder.remember(&checkpoint)?;
        }
        Ok(audit)
    }

    /// Replays the log from kept leaves, and again without them if these may be the fault.
    async fn replay(
        &self,
        checkpoint: &VerifiedCheckpoint,
        known: &[&VerifiedCheckpoint],
        audited: u64,
    ) -> Result<Audit, AuditError> {
        let Some(folder) = self.folder else {
            return self.replay_from(self.log, checkpoint, known, 0).await;
        };
        let log = self.log.keeping(folder, true);
        match self.replay_from(&log, checkpoint, known, audited).await {
            Ok(audit) if !audit.faults.iter().any(Fault::is_of_hashes) => return Ok(audit),
            Err(AuditError::Read(ReadError::Tile(_))) | Ok(_) => {}
            Err(error) => return Err(error),
        }
        tracing::debug!("the kept leaves do not lead to the signed roots, and are fetched again");
        let log = self.log.keeping(folder, false);
        self.replay_from(&log, checkpoint, known, 0).await
    }

    async fn replay_from(
        &self,
        log: &LogReader,
        checkpoint: &VerifiedCheckpoint,
        known: &[&VerifiedCheckpoint],
        audited: u64,
    ) -> Result<Audit, AuditError> {
        let tree = *checkpoint.tree();
        let (mut faults, mut tiles, mut selected) = (Vec::new(), HashMap::new(), Vec::new());
        let (mut frontier, mut replay) = (Frontier::default(), Replay::new(self.now));
        check_known(&frontier, known, &mut faults);
        log.tiles(bundles(tree.size), |path, bytes| {
            let leaves = entries::parse(&path, &bytes)
                .map_err(|error| ReadError::Tile(error.to_string()))?;
            for bytes in leaves {
                let leaf = replay.take(bytes, |violation| add(&mut faults, violation.into()));
                if let Some(leaf) = leaf.filter(|leaf| (self.select)(leaf)) {
                    selected.push((frontier.size(), leaf));
                }
                frontier.push(NodeHash::of_leaf(bytes), |path, row| {
                    tiles.insert(path, tile_digest(row));
                });
                check_known(&frontier, known, &mut faults);
            }
            Ok::<_, ReadError>(())
        })
        .await?;
        check_head(&frontier, checkpoint, replay.latest(), &mut faults);
        tiles.extend(
            frontier
                .partial()
                .map(|(path, row)| (path, tile_digest(row))),
        );
        let hashes =
            TilePath::added(audited, tree.size).filter(|path| path.kind() != TileKind::Entries);
        log.tiles(hashes, |path, bytes| {
            if tiles.get(&path) != Some(&Sha256Digest::of(&bytes)) {
                add(&mut faults, Fault::Tile(path));
            }
            Ok::<_, ReadError>(())
        })
        .await?;
        check_rollback(tree.size, known, &mut faults);
        Ok(Audit {
            checkpoint: checkpoint.clone(),
            faults,
            counts: count(&replay),
            audited: audited.min(tree.size),
            selected,
            replay,
        })
    }
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

fn check_known(frontier: &Frontier, known: &[&VerifiedCheckpoint], faults: &mut Vec<Fault>) {
    for known in known.iter().map(|known| known.tree()) {
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

/// Compares all leaves with the checkpoint: their root, and the time of the newest with its cosignatures.
fn check_head(
    frontier: &Frontier,
    checkpoint: &VerifiedCheckpoint,
    newest: u64,
    faults: &mut Vec<Fault>,
) {
    let (tree, computed) = (checkpoint.tree(), frontier.head().root);
    if computed != tree.root {
        faults.push(Fault::Root {
            size: tree.size,
            computed,
            signed: tree.root,
        });
    }
    let cosigned = checkpoint.cosigned().iter();
    for cosigned in cosigned.filter(|cosigned| cosigned.time < newest) {
        faults.push(Fault::Cosigned {
            witness: cosigned.witness.clone(),
            cosigned: cosigned.time,
            newest,
        });
    }
}

fn check_rollback(size: u64, known: &[&VerifiedCheckpoint], faults: &mut Vec<Fault>) {
    let known = known.iter().map(|known| known.tree().size);
    for known in known.filter(|known| *known > size) {
        faults.push(Fault::RolledBack { size, known });
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
}
