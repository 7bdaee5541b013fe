//! The writer of a log.
//!
//! It writes in this order, and each file is on the disk before the next one: the new tiles into the state, the
//! checkpoint in the state (the commit), the tiles into the log, the paths. The public `checkpoint` comes last, with its
//! cosignatures. A writer that ends before the commit leaves the log as it was; after it, the next writer goes on from
//! there. A committed checkpoint is never taken back: a witness may have cosigned it.

use std::io;

use cpan_sigstore_core::digest::Sha256Digest;
use cpan_sigstore_tlog::{
    checkpoint::Checkpoint,
    entries,
    frontier::Frontier,
    hash::NodeHash,
    key::SigningKey,
    leaf::{LEAF_LIMIT, Leaf, LeafError, LeafPath},
    note::{NOTE_LIMIT, Note, NoteError},
    policy::{CheckpointError, LogPolicy},
    tile::{HashTile, TILE_WIDTH, TileError, TileKind, TilePath},
    tree::TreeHead,
};

use crate::{
    known::{Known, read_bundle},
    staged,
    store::{Area, Store, StoredTiles},
};

/// Name of the checkpoint, in the log and in the state.
pub const CHECKPOINT: &str = "checkpoint";
/// Largest file of a log that is read: an entry bundle of the longest leaves.
pub(crate) const TILE_LIMIT: u64 = TILE_WIDTH * (2 + LEAF_LIMIT as u64);
/// Most seconds that this machine's clock may be behind the newest leaf.
const CLOCK_TOLERANCE: u64 = 300;

/// Reasons why a log cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// A file cannot be read.
    #[error("cannot read {path} of the log: {source}")]
    Read {
        /// The file.
        path: String,
        /// The reason.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {path} of the log: {source}")]
    Write {
        /// The file.
        path: String,
        /// The reason.
        source: io::Error,
    },
    /// There is no state.
    #[error("cannot find the state of the log: no checkpoint in its folder")]
    NoState,
    /// There is a log already.
    #[error("cannot create the log: there is one already")]
    Exists,
    /// The checkpoint in the state or in the log is not by the key.
    #[error("invalid checkpoint of the log: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// The state is older than the log, as after a restored backup. To continue would be a fork.
    #[error(
        "the state of the log is old: it has {state} leaves, and the published checkpoint has {published}"
    )]
    OldState {
        /// The size of the tree in the state.
        state: u64,
        /// The size of the published tree.
        published: u64,
    },
    /// The state and the log have different trees of one size.
    #[error("the published checkpoint of {0} leaves has another root than the state")]
    OtherTree(u64),
    /// The files do not have the tree of the checkpoint.
    #[error("the files of the log are damaged: {reason}")]
    Damaged {
        /// The fault.
        reason: String,
    },
    /// Another writer was quicker.
    #[error("cannot append to the log: another process appended meanwhile")]
    Overtaken,
    /// This machine's clock is behind the log.
    #[error("cannot append to the log: this machine's clock is {behind} s behind the newest leaf")]
    ClockBehind {
        /// Seconds.
        behind: u64,
    },
    /// A file cannot be logged.
    #[error(transparent)]
    Leaf(#[from] LeafError),
    /// A checkpoint cannot be signed.
    #[error(transparent)]
    Note(#[from] NoteError),
}

impl LedgerError {
    pub(crate) fn read(path: &str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Read {
            path: path.to_owned(),
            source,
        }
    }

    pub(crate) fn write(path: &str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Write {
            path: path.to_owned(),
            source,
        }
    }
}

/// A file to log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFile {
    /// The path below the root of a CPAN.
    pub path: LeafPath,
    /// The digest.
    pub digest: Sha256Digest,
    /// The size in bytes.
    pub size: u64,
}

/// The one writer of a log.
pub struct LogWriter<'a, S> {
    store: &'a S,
    key: &'a SigningKey,
    committed: Note,
    frontier: Frontier,
    /// The leaves of the last, partial entry bundle.
    bundle: Vec<u8>,
    newest: u64,
    known: Known,
}

/// Creates an empty log, and publishes its checkpoint.
///
/// # Errors
/// [`LedgerError::Exists`] if there is a log, and others if it cannot be written.
pub fn create(store: &impl Store, key: &SigningKey) -> Result<(), LedgerError> {
    for area in [Area::State, Area::Log] {
        let found = store.read(area, CHECKPOINT, NOTE_LIMIT as u64);
        if found.map_err(LedgerError::read(CHECKPOINT))?.is_some() {
            return Err(LedgerError::Exists);
        }
    }
    let note = Checkpoint::new(key.verifier().name(), Frontier::default().head()).sign(key)?;
    for area in [Area::State, Area::Log] {
        let written = store.write(area, CHECKPOINT, note.to_string().as_bytes());
        written.map_err(LedgerError::write(CHECKPOINT))?;
    }
    Ok(())
}

impl<'a, S: Store> LogWriter<'a, S> {
    /// Opens a log. The caller holds its lock.
    ///
    /// # Errors
    /// [`LedgerError`] if there is none, or its state, checkpoint and files do not belong together.
    pub fn open(store: &'a S, key: &'a SigningKey) -> Result<Self, LedgerError> {
        let policy = LogPolicy::of_log(key.verifier().clone());
        let read = |area| {
            let bytes = store.read(area, CHECKPOINT, NOTE_LIMIT as u64);
            bytes.map_err(LedgerError::read(CHECKPOINT))
        };
        let committed = policy.verify(&read(Area::State)?.ok_or(LedgerError::NoState)?)?;
        let tree = *committed.tree();
        if let Some(bytes) = read(Area::Log)? {
            let published = policy.verify(&bytes)?;
            check_published(&tree, published.tree())?;
        }
        staged::recover(store, &tree.root)?;
        let frontier = Frontier::read(&mut StoredTiles(store), tree.size).map_err(damage)?;
        if frontier.head() != tree {
            let reason = "the tiles have another root than the checkpoint".to_owned();
            return Err(LedgerError::Damaged { reason });
        }
        let (bundle, newest) = read_edge(store, &frontier)?;
        let known = Known::read(store, tree.size)?;
        Ok(Self {
            store,
            key,
            committed: committed.note().clone(),
            frontier,
            bundle,
            newest,
            known,
        })
    }

    /// The tree that is committed.
    pub fn tree(&self) -> TreeHead {
        self.frontier.head()
    }

    /// The committed checkpoint, signed by the log alone.
    pub const fn checkpoint(&self) -> &Note {
        &self.committed
    }

    /// The time of the newest leaf; 0 without leaves.
    pub const fn newest(&self) -> u64 {
        self.newest
    }

    /// The files of the log.
    pub const fn store(&self) -> &'a S {
        self.store
    }

    /// Whether a path is logged.
    pub fn has(&self, path: &LeafPath) -> bool {
        self.known.newest(path).is_some()
    }

    /// Returns the newest leaf of a path, with its index.
    ///
    /// # Errors
    /// [`LedgerError`] if it cannot be read.
    pub fn find(&self, path: &LeafPath) -> Result<Option<(u64, Leaf)>, LedgerError> {
        let Some(index) = self.known.newest(path) else {
            return Ok(None);
        };
        let mut leaves = read_bundle(self.store, index, self.frontier.size())?;
        let at = usize::try_from(index % TILE_WIDTH).unwrap_or(usize::MAX);
        if leaves.get(at).is_none_or(|leaf| leaf.path() != path) {
            let reason = format!("leaf {index} is not about {path}");
            return Err(LedgerError::Damaged { reason });
        }
        Ok(Some((index, leaves.swap_remove(at))))
    }

    /// Appends files, and commits them. The caller has excluded archives that are logged.
    ///
    /// # Errors
    /// [`LedgerError`]. The log is then as it was, and this writer has to be opened again.
    pub fn append(&mut self, files: &[NewFile], now: u64) -> Result<(), LedgerError> {
        if files.is_empty() {
            return Ok(());
        }
        let behind = self.newest.saturating_sub(now);
        if behind > CLOCK_TOLERANCE {
            return Err(LedgerError::ClockBehind { behind });
        }
        let time = now.max(self.newest);
        let old = self.frontier.size();
        let mut written = Vec::new();
        for file in files {
            let leaf = Leaf::new(file.path.clone(), file.digest, file.size, time)?;
            let text = leaf.to_string();
            let appended = entries::append(&mut self.bundle, text.as_bytes());
            appended.map_err(|error| LedgerError::Damaged {
                reason: error.to_string(),
            })?;
            let hash = NodeHash::of_leaf(text.as_bytes());
            self.frontier.push(hash, |path, row| {
                written.push((path, HashTile::to_bytes(row)))
            });
            let size = self.frontier.size();
            if size.is_multiple_of(TILE_WIDTH) {
                let path = TilePath::in_tree(TileKind::Entries, size / TILE_WIDTH - 1, size);
                written.extend(path.map(|path| (path, std::mem::take(&mut self.bundle))));
            }
        }
        let size = self.frontier.size();
        let partial = TilePath::in_tree(TileKind::Entries, size / TILE_WIDTH, size);
        written.extend(partial.map(|path| (path, self.bundle.clone())));
        for (path, row) in self.frontier.partial() {
            written.push((path, HashTile::to_bytes(row)));
        }
        // Files of the old tree are never touched.
        written.retain(|(path, _)| {
            TilePath::in_tree(path.kind(), path.index(), old).is_none_or(|known| known != *path)
        });
        staged::stage(self.store, &self.frontier.head().root, &written)?;
        self.commit()?;
        staged::apply(self.store, &written)?;
        self.newest = time;
        let paths = files.iter().map(|file| &file.path);
        self.known
            .append(self.store, paths)
            .map_err(LedgerError::write("known"))
    }

    /// Replaces the checkpoint in the state, if it is the one that this writer read.
    fn commit(&mut self) -> Result<(), LedgerError> {
        let found = self.store.read(Area::State, CHECKPOINT, NOTE_LIMIT as u64);
        let found = found.map_err(LedgerError::read(CHECKPOINT))?;
        if found.is_none_or(|found| found != self.committed.to_string().as_bytes()) {
            return Err(LedgerError::Overtaken);
        }
        let origin = self.key.verifier().name();
        let note = Checkpoint::new(origin, self.frontier.head()).sign(self.key)?;
        let written = self
            .store
            .write(Area::State, CHECKPOINT, note.to_string().as_bytes());
        written.map_err(LedgerError::write(CHECKPOINT))?;
        self.committed = note;
        Ok(())
    }

    /// Publishes the committed checkpoint with its cosignatures.
    ///
    /// # Errors
    /// [`LedgerError::Checkpoint`] if the cosignatures do not satisfy the policy, and others if it cannot be written.
    pub fn publish(&self, cosigned: &Note, policy: &LogPolicy) -> Result<(), LedgerError> {
        let verified = policy.verify(cosigned.to_string().as_bytes())?;
        if verified.note().text() != self.committed.text() {
            return Err(LedgerError::OtherTree(verified.tree().size));
        }
        let written = self
            .store
            .write(Area::Log, CHECKPOINT, cosigned.to_string().as_bytes());
        written.map_err(LedgerError::write(CHECKPOINT))
    }
}

fn check_published(state: &TreeHead, published: &TreeHead) -> Result<(), LedgerError> {
    if published.size > state.size {
        return Err(LedgerError::OldState {
            state: state.size,
            published: published.size,
        });
    }
    if published.size == state.size && published.root != state.root {
        return Err(LedgerError::OtherTree(state.size));
    }
    Ok(())
}

/// The bytes of the last, partial entry bundle, and the time of the newest leaf.
fn read_edge(store: &impl Store, frontier: &Frontier) -> Result<(Vec<u8>, u64), LedgerError> {
    let size = frontier.size();
    let Some(last) = size.checked_sub(1) else {
        return Ok((Vec::new(), 0));
    };
    let leaves = read_bundle(store, last, size)?;
    let newest = leaves.last().map_or(0, Leaf::time);
    let mut bundle = Vec::new();
    if size.is_multiple_of(TILE_WIDTH) {
        return Ok((bundle, newest));
    }
    let hashes: Vec<_> = leaves.iter().map(Leaf::hash).collect();
    let row = frontier
        .partial()
        .find(|(path, _)| path.kind() == TileKind::Hashes(0));
    if row.is_none_or(|(_, row)| row != hashes) {
        let reason = "the last leaves are not those of the last tile".to_owned();
        return Err(LedgerError::Damaged { reason });
    }
    for leaf in &leaves {
        let appended = entries::append(&mut bundle, leaf.to_string().as_bytes());
        appended.map_err(|error| LedgerError::Damaged {
            reason: error.to_string(),
        })?;
    }
    Ok((bundle, newest))
}

fn damage(error: TileError<io::Error>) -> LedgerError {
    LedgerError::Damaged {
        reason: error.to_string(),
    }
}
