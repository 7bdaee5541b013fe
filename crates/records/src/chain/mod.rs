//! Which record follows on which, and what is a conflict: pure rules, section 4 of `docs/spec/SPEC.md`.
//!
//! - Version 1 is signed by an identity in it.
//! - Version n+1 names the digest of version n and is signed by an identity of version n, which counts at the
//!   time of signing by version n.
//! - What is known stands. Another record in the place of a known one is a conflict, which is told with both
//!   sides and changes nothing.
//! - Only an [`Override`](Terms::overrides) of an operator whom the user trusts with that can replace what is
//!   known.
//!
//! # Security
//!
//! Who holds an author's password at PAUSE can put any record there, and change nothing: none of it is
//! signed by an identity of the record before. Who holds one of the identities, too, can make a fork; whoever
//! knew the other branch stays with it and is told.

mod history;
mod outcome;
mod signed;
#[cfg(test)]
mod tests;

pub use history::{History, WAITING_LIMIT};
pub use outcome::{Learned, Outcome, Side};
pub use signed::SignedRecord;

use jiff::{SignedDuration, Timestamp};

use cpan_sigstore_core::digest::Sha256Digest;

/// How far a time of signing may be ahead of the clock of whoever looks.
pub const SKEW: SignedDuration = SignedDuration::from_mins(10);

/// What a record is looked at under.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// The clock of whoever looks.
    pub now: Timestamp,
    /// Digests of records that count although no identity of their predecessor signed them.
    pub overrides: &'a [Sha256Digest],
}

impl Terms<'_> {
    /// Now, and no override.
    pub const fn at(now: Timestamp) -> Self {
        Self {
            now,
            overrides: &[],
        }
    }
}
