//! The relation of two checkpoints of one log.

use std::fmt;

use crate::{checkpoint::VerifiedCheckpoint, hash::NodeHash, tree::continues};

/// The relation of a checkpoint to the one that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// It is of the same tree.
    Same,
    /// Its tree continues the known one.
    Newer,
    /// Its tree is smaller, and the known one continues it.
    Older,
}

/// Reasons why the relation of two checkpoints is none that a log can have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ForkError {
    /// The checkpoints are of different logs.
    #[error("cannot compare checkpoints: one is of {known}, the other of {found}")]
    Logs {
        /// The log of the known one.
        known: String,
        /// The log of the other.
        found: String,
    },
    /// The log signed two trees, and one does not continue the other.
    #[error("{} signed two trees of {} leaves, which have different roots", .0.origin, .0.size())]
    Fork(Box<Evidence>),
    /// Nothing proves that one tree continues the other.
    #[error("{} proves no consistency of its trees of {} and {} leaves", .0.origin, .0.known_size, .0.found_size)]
    Unproven(Box<Evidence>),
}

/// Two checkpoints that a log signed. Its text has both, so that everybody can verify them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    origin: String,
    known_size: u64,
    found_size: u64,
    known: String,
    found: String,
}

impl Evidence {
    fn size(&self) -> u64 {
        self.known_size
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}", self.known, self.found)
    }
}

/// Compares a checkpoint with the known one, by the consistency proof from the smaller to the larger tree.
///
/// Two roots of one size are a fork, and the two checkpoints prove it. An invalid proof may also be a fault of the
/// files.
///
/// # Errors
/// [`ForkError`] unless the trees are the same, or one continues the other.
pub fn compare(
    known: &VerifiedCheckpoint,
    found: &VerifiedCheckpoint,
    proof: &[NodeHash],
) -> Result<Relation, ForkError> {
    if known.origin() != found.origin() {
        return Err(ForkError::Logs {
            known: known.origin().to_owned(),
            found: found.origin().to_owned(),
        });
    }
    let evidence = || {
        Box::new(Evidence {
            origin: known.origin().to_owned(),
            known_size: known.tree().size,
            found_size: found.tree().size,
            known: known.note().to_string(),
            found: found.note().to_string(),
        })
    };
    let (old, new) = (known.tree(), found.tree());
    if old.size == new.size {
        return match old.root == new.root {
            true => Ok(Relation::Same),
            false => Err(ForkError::Fork(evidence())),
        };
    }
    let (relation, proven) = match old.size < new.size {
        true => (Relation::Newer, continues(old, new, proof)),
        false => (Relation::Older, continues(new, old, proof)),
    };
    if proven {
        Ok(relation)
    } else {
        Err(ForkError::Unproven(evidence()))
    }
}
