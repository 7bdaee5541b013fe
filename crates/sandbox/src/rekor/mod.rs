//! The transparency log: the common part of both versions.

mod log;
mod submission;
pub(crate) mod v1;
pub(crate) mod v2;

pub use v1::RekorV1;
pub use v2::{RekorV2, TileMisbehaviour};

/// A misbehaviour of a transparency log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RekorMisbehaviour {
    /// Checkpoints, and the promises of version 1, are signed with another key.
    OtherKey,
    /// The checkpoint is that of the tree before the entry.
    StaleCheckpoint,
    /// There is no inclusion proof.
    NoProof,
    /// The inclusion proof has no checkpoint.
    NoCheckpoint,
    /// Version 1: there is no signed entry timestamp.
    NoPromise,
    /// The inclusion proof is that of another entry.
    ProofOfOtherEntry,
    /// The proof and the signed checkpoint have a root other than the tree's.
    WrongRoot,
    /// The logged and proved entry is about another artifact.
    OtherArtifact,
    /// The logged and proved entry has another signature.
    OtherSignature,
    /// The logged and proved entry has another key.
    OtherVerifier,
    /// The response names another log.
    OtherLogId,
    /// The first line of the checkpoint names another log.
    OtherOrigin,
}
