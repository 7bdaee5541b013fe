//! An append-only log of bodies with proofs. All misbehaviour of proofs is implemented here.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::RekorMisbehaviour as Wrong;
use crate::checkpoint;
use crate::clock::Clock;
use crate::key::AuthorityKey;
use crate::merkle::{Hash, MerkleTree, leaf_hash};
use crate::misbehaviour::Misbehaviour;

/// A log with its key.
pub(super) struct Log {
    key: AuthorityKey,
    /// For [`Wrong::OtherKey`] and [`Wrong::OtherLogId`].
    rogue_key: AuthorityKey,
    origin: String,
    /// Name in the signature line of checkpoints.
    signer: String,
    pub(super) clock: Clock,
    pub(super) misbehaviour: Misbehaviour<Wrong>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    tree: MerkleTree,
    entries: Vec<Entry>,
}

#[derive(Clone)]
struct Entry {
    body: Vec<u8>,
    time: Timestamp,
}

/// The log's data about one entry.
pub(super) struct Receipt {
    pub(super) index: usize,
    pub(super) body: Vec<u8>,
    pub(super) time: Timestamp,
    pub(super) log_id: [u8; 32],
    pub(super) proof: Option<Proof>,
}

pub(super) struct Proof {
    pub(super) size: usize,
    pub(super) root: Hash,
    pub(super) path: Vec<Hash>,
    /// Empty if the log omits it.
    pub(super) checkpoint: String,
}

/// Error for an entry that is already in the log.
pub(super) struct Duplicate {
    pub(super) index: usize,
}

impl Log {
    pub(super) fn new(origin: String, signer: String) -> der::Result<Self> {
        Ok(Self {
            key: AuthorityKey::generate()?,
            rogue_key: AuthorityKey::generate()?,
            origin,
            signer,
            clock: Clock::new(),
            misbehaviour: Misbehaviour::default(),
            state: Mutex::default(),
        })
    }

    /// Returns the log's key for the trusted root.
    pub(super) fn key(&self) -> &AuthorityKey {
        &self.key
    }

    /// Returns the key with which the log signs.
    pub(super) fn signing_key(&self) -> &AuthorityKey {
        match self.misbehaviour.get() {
            Some(Wrong::OtherKey) => &self.rogue_key,
            _ => &self.key,
        }
    }

    /// Adds a body.
    pub(super) fn append(&self, body: Vec<u8>) -> Result<Receipt, Duplicate> {
        let time = self.clock.now();
        let leaf = leaf_hash(&body);
        let mut state = self.state();
        if let Some(index) = state.tree.find(&leaf) {
            return Err(Duplicate { index });
        }
        if self.misbehaviour.is(Wrong::ProofOfOtherEntry) {
            // Another entry's proof needs another entry.
            state.push(
                format!("a neighbour of {}", hex::encode(leaf)).into_bytes(),
                time,
            );
        }
        let index = state.push(body.clone(), time);
        Ok(self.receipt_in(&state, index, Entry { body, time }))
    }

    /// Returns the current data about the entry at `index`.
    pub(super) fn receipt(&self, index: usize) -> Option<Receipt> {
        let state = self.state();
        let entry = state.entries.get(index)?.clone();
        Some(self.receipt_in(&state, index, entry))
    }

    fn receipt_in(&self, state: &State, index: usize, entry: Entry) -> Receipt {
        let wrong = self.misbehaviour.get();
        let log_id = match wrong {
            Some(Wrong::OtherLogId) => self.rogue_key.id(),
            _ => self.key.id(),
        };
        let proof = match wrong {
            Some(Wrong::NoProof) => None,
            _ => Some(self.proof(&state.tree, index, wrong)),
        };
        Receipt {
            index,
            body: entry.body,
            time: entry.time,
            log_id,
            proof,
        }
    }

    fn proof(&self, tree: &MerkleTree, index: usize, wrong: Option<Wrong>) -> Proof {
        let size = tree.size();
        let proved = match wrong {
            Some(Wrong::ProofOfOtherEntry) if index > 0 => index - 1,
            _ => index,
        };
        let root = match wrong {
            Some(Wrong::WrongRoot) => leaf_hash(b"the root of no tree"),
            _ => tree.root(size).unwrap_or_default(),
        };
        let checkpoint = match wrong {
            Some(Wrong::NoCheckpoint) => String::new(),
            Some(Wrong::StaleCheckpoint) => {
                self.checkpoint_of(index, &tree.root(index).unwrap_or_default())
            }
            _ => self.checkpoint_of(size, &root),
        };
        let path = tree.inclusion_proof(proved, size).unwrap_or_default();
        Proof {
            size,
            root,
            path,
            checkpoint,
        }
    }

    /// Returns the checkpoint, size and root of the whole tree.
    pub(super) fn checkpoint(&self) -> (String, usize, Hash) {
        let state = self.state();
        let size = state.tree.size();
        let root = state.tree.root(size).unwrap_or_default();
        (self.checkpoint_of(size, &root), size, root)
    }

    fn checkpoint_of(&self, size: usize, root: &Hash) -> String {
        let origin = match self.misbehaviour.get() {
            Some(Wrong::OtherOrigin) => "other-log.example.test",
            _ => &self.origin,
        };
        checkpoint::sign(origin, &self.signer, size, root, self.signing_key())
    }

    /// Returns the origin, and the name in the signature line.
    pub(super) fn names(&self) -> (&str, &str) {
        (&self.origin, &self.signer)
    }

    pub(super) fn find(&self, leaf: &Hash) -> Option<usize> {
        self.state().tree.find(leaf)
    }

    pub(super) fn tile(&self, level: u32, index: usize) -> Vec<Hash> {
        self.state().tree.tile(level, index)
    }

    pub(super) fn consistency_proof(&self, first: usize, second: usize) -> Option<Vec<Hash>> {
        self.state().tree.consistency_proof(first, second)
    }

    /// Returns up to `count` bodies from `start` on.
    pub(super) fn bodies(&self, start: usize, count: usize) -> Vec<Vec<u8>> {
        let state = self.state();
        let entries = state.entries.iter().skip(start).take(count);
        entries.map(|entry| entry.body.clone()).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn push(&mut self, body: Vec<u8>, time: Timestamp) -> usize {
        let index = self.tree.append(leaf_hash(&body));
        self.entries.push(Entry { body, time });
        index
    }
}
