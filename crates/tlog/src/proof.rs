//! Proofs of a leaf in one file (`tlog-proof`).
//!
//! The leaf itself is in the line `extra`: its time is known to the log alone.

use std::fmt;

use cpan_sigstore_core::digest::Sha256Digest;

use crate::{
    checkpoint::VerifiedCheckpoint,
    encoding::{SIZE_LIMIT, decimal, excerpt, from_base64, to_base64},
    hash::NodeHash,
    leaf::{Leaf, LeafError, LeafPath},
    note::NOTE_LIMIT,
    policy::{CheckpointError, LogPolicy},
    tree::{PROOF_LIMIT, includes},
};

/// Follows the name of a file in the name of its proof.
pub const SUFFIX: &str = ".tlog-proof";
/// Largest proof that is read, in bytes.
pub const SIZE: usize = NOTE_LIMIT + 64 * 1024;
/// The first line.
const HEAD: &str = "c2sp.org/tlog-proof@v1";

/// Reasons why bytes are no proof, or prove nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The file is too large.
    #[error("invalid proof: expected at most {SIZE} bytes, found {0}")]
    Size(usize),
    /// A line has another form.
    #[error("invalid proof: expected {expected}, found `{found}`")]
    Form {
        /// The form.
        expected: &'static str,
        /// The line.
        found: String,
    },
    /// There is no leaf in the proof.
    #[error("invalid proof: expected the leaf in a line `extra`, found none")]
    NoLeaf,
    /// The line `extra` has no leaf of the CPAN log.
    #[error(transparent)]
    Leaf(#[from] LeafError),
    /// The checkpoint does not satisfy the policy.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The tree of the checkpoint has no such leaf.
    #[error("invalid proof: leaf {index} is not in the tree of {size} leaves of the checkpoint")]
    NotIncluded {
        /// The index.
        index: u64,
        /// The size of the tree.
        size: u64,
    },
    /// The leaf states a time after a witness had seen it.
    #[error(
        "invalid leaf: expected a time up to {cosigned}, when a witness cosigned it, found {time}"
    )]
    Time {
        /// The time of the leaf.
        time: u64,
        /// The time of the cosignature.
        cosigned: u64,
    },
}

/// A proof that nobody verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlogProof {
    /// Any bytes; here a leaf.
    pub extra: Option<Vec<u8>>,
    /// The index of the leaf.
    pub index: u64,
    /// The inclusion proof.
    pub hashes: Vec<NodeHash>,
    /// The checkpoint, with its signatures.
    pub checkpoint: String,
}

impl TlogProof {
    /// A proof of a leaf in the tree of a verified checkpoint. It is as good as its hashes.
    pub fn new(
        leaf: &Leaf,
        index: u64,
        hashes: Vec<NodeHash>,
        checkpoint: &VerifiedCheckpoint,
    ) -> Self {
        Self {
            extra: Some(leaf.to_string().into_bytes()),
            index,
            hashes,
            checkpoint: checkpoint.note().to_string(),
        }
    }

    /// Reads a proof.
    ///
    /// # Errors
    /// [`ProofError`] if it is none. The checkpoint is not read.
    pub fn parse(bytes: &[u8]) -> Result<Self, ProofError> {
        if bytes.len() > SIZE {
            return Err(ProofError::Size(bytes.len()));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| form("UTF-8", "other bytes"))?;
        let (head, checkpoint) = text
            .split_once("\n\n")
            .ok_or_else(|| form("an empty line", text))?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(HEAD) {
            return Err(form("the line `c2sp.org/tlog-proof@v1`", text));
        }
        let extra = lines
            .next_if(|line| line.starts_with("extra "))
            .map(|line| {
                let base64 = line.strip_prefix("extra ").and_then(from_base64);
                base64.ok_or_else(|| form("`extra BASE64`", line))
            });
        let extra = extra.transpose()?;
        let line = lines.next().unwrap_or_default();
        let index = line.strip_prefix("index ").and_then(decimal);
        let index = index.ok_or_else(|| form("`index NUMBER`", line))?;
        let mut hashes = Vec::new();
        for line in lines {
            if hashes.len() == PROOF_LIMIT {
                return Err(form("at most 63 hashes", line));
            }
            let hash = NodeHash::from_base64(line);
            hashes.push(hash.ok_or_else(|| form("the base64 of a hash", line))?);
        }
        Ok(Self {
            extra,
            index,
            hashes,
            checkpoint: checkpoint.to_owned(),
        })
    }

    /// Returns the leaf that the proof is about, which nobody verified.
    ///
    /// # Errors
    /// [`ProofError::NoLeaf`] or [`ProofError::Leaf`] if there is none.
    pub fn leaf(&self) -> Result<Leaf, ProofError> {
        Ok(Leaf::parse(
            self.extra.as_deref().ok_or(ProofError::NoLeaf)?,
        )?)
    }

    /// Verifies that a log of the policy has the leaf.
    ///
    /// # Errors
    /// [`ProofError`] if the proof has no leaf, or does not prove it.
    pub fn verify(&self, policy: &LogPolicy) -> Result<LoggedLeaf, ProofError> {
        let leaf = self.leaf()?;
        let checkpoint = policy.verify(self.checkpoint.as_bytes())?;
        let tree = checkpoint.tree();
        if !includes(tree, self.index, &leaf.hash(), &self.hashes) {
            return Err(ProofError::NotIncluded {
                index: self.index,
                size: tree.size,
            });
        }
        let cosigned = checkpoint
            .cosigned()
            .iter()
            .map(|cosigned| cosigned.time)
            .min();
        if let Some(cosigned) = cosigned.filter(|cosigned| leaf.time() > *cosigned) {
            return Err(ProofError::Time {
                time: leaf.time(),
                cosigned,
            });
        }
        Ok(LoggedLeaf {
            leaf,
            index: self.index,
            checkpoint,
        })
    }
}

fn form(expected: &'static str, found: &str) -> ProofError {
    ProofError::Form {
        expected,
        found: excerpt(found),
    }
}

impl fmt::Display for TlogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEAD}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", to_base64(extra))?;
        }
        writeln!(f, "index {}", self.index.min(SIZE_LIMIT))?;
        self.hashes
            .iter()
            .try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

/// A leaf that a log of a policy has.
///
/// Only [`TlogProof::verify`] creates one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedLeaf {
    leaf: Leaf,
    index: u64,
    checkpoint: VerifiedCheckpoint,
}

/// A file is not the one that a leaf states.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeafMismatch {
    /// The leaf is about another file.
    #[error("the log proves {found}, and not {expected}")]
    Path {
        /// The path of the file.
        expected: LeafPath,
        /// The path of the leaf.
        found: LeafPath,
    },
    /// The leaf has another digest.
    #[error("the log has {logged} for {path}, and the file has {found}")]
    Digest {
        /// The path.
        path: LeafPath,
        /// The digest of the leaf.
        logged: Sha256Digest,
        /// The digest of the file.
        found: Sha256Digest,
    },
}

impl LoggedLeaf {
    /// The leaf.
    pub const fn leaf(&self) -> &Leaf {
        &self.leaf
    }

    /// Its index.
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// The checkpoint of the tree.
    pub const fn checkpoint(&self) -> &VerifiedCheckpoint {
        &self.checkpoint
    }

    /// Compares the leaf with a file.
    ///
    /// # Errors
    /// [`LeafMismatch`] if the leaf is about another file, or has another digest.
    pub fn compare(&self, path: &LeafPath, digest: Sha256Digest) -> Result<(), LeafMismatch> {
        let leaf = &self.leaf;
        if leaf.path() != path {
            let (expected, found) = (path.clone(), leaf.path().clone());
            return Err(LeafMismatch::Path { expected, found });
        }
        if leaf.digest() != digest {
            return Err(LeafMismatch::Digest {
                path: path.clone(),
                logged: leaf.digest(),
                found: digest,
            });
        }
        Ok(())
    }
}
