//! The transparency log, in both of its versions: what they have in common.

mod log;
mod submission;
pub(crate) mod v1;
pub(crate) mod v2;

pub use v1::RekorV1;
pub use v2::RekorV2;

/// What a transparency log does wrong with the entries it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RekorMisbehaviour {
    /// Checkpoints, and the promises of version 1, are signed with another key than the log's.
    OtherKey,
    /// The checkpoint is of the tree before the entry was in it.
    StaleCheckpoint,
    /// There is no inclusion proof.
    NoProof,
    /// The inclusion proof has no checkpoint.
    NoCheckpoint,
    /// Version 1: there is no signed entry timestamp.
    NoPromise,
    /// The inclusion proof is that of another entry.
    ProofOfOtherEntry,
    /// The proof names another root than the tree's, and the signed checkpoint does so too.
    WrongRoot,
    /// The entry that is logged and proved is about another artifact.
    OtherArtifact,
    /// The entry that is logged and proved has another signature.
    OtherSignature,
    /// The entry that is logged and proved names another key.
    OtherVerifier,
    /// The answer says that the entry is in another log.
    OtherLogId,
    /// The checkpoint is, by its first line, of another log.
    OtherOrigin,
}
