//! Reading Sigstore's transparency logs, beside the one entry that a bundle has.
//!
//! - [`RekorLog`] verifies the checkpoint of a log, and returns the [`SignedTree`].
//! - [`entry`]: the signatures in the body of an entry.

pub mod entry;
mod log;

pub use log::{RekorLog, SignedTree};
