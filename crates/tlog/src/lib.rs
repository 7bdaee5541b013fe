//! The CPAN log: its leaves, and C2SP's formats for everything around them.
//!
//! - [`leaf`]: the lines that are logged.
//! - [`hash`] and [`tree`]: the Merkle tree of RFC 6962, and its proofs.
//! - [`tile`], [`entries`] and [`frontier`]: the tree in files (`tlog-tiles`).
//! - [`key`], [`note`] and [`checkpoint`]: signed tree heads (`signed-note`, `tlog-checkpoint`, `tlog-cosignature`).
//! - [`policy`]: the logs and witnesses that a client trusts (`tlog-policy`).
//! - [`proof`]: the proof of one leaf in one file (`tlog-proof`).
//! - [`witness`]: requests to a witness, and its responses (`tlog-witness`).
//! - [`fork`]: consistency between two checkpoints, and the evidence if there is none.
//! - [`replay`]: the rules that hold for all leaves of a log.
//!
//! Nothing here touches network, clock or files. Every parser accepts exactly one text for one value, within a limit.
//!
//! Only a verifier creates a [`VerifiedCheckpoint`](checkpoint::VerifiedCheckpoint) or a
//! [`LoggedLeaf`](proof::LoggedLeaf), so that no caller takes a claim for a proof.

#![warn(missing_docs)]

pub mod checkpoint;
mod encoding;
pub mod entries;
pub mod fork;
pub mod frontier;
pub mod hash;
pub mod key;
pub mod leaf;
pub mod newest;
pub mod note;
pub mod policy;
pub mod proof;
pub mod replay;
pub mod tile;
pub mod tree;
pub mod witness;

#[cfg(test)]
mod tests;
