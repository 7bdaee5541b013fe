//! The record chain: which record may follow on which. Pure rules, section 4 of the standard, `docs/spec/succession.md`.
//!
//! - An identity in version 1 signs version 1.
//! - Version n+1 names the digest of version n. An identity that version n authorizes at the time of
//!   signing signs it.
//! - Known records are kept. Another record of a known version is a conflict: both sides are reported and
//!   the chain does not change.
//! - A record that the author's recovery key signed replaces known records that it did not sign.
//! - Beside it, only an [override](ChainContext::overrides) of an operator whom the user trusts with that replaces
//!   known records.
//!
//! # Security
//!
//! An attacker with the author's PAUSE password can upload any record and change nothing: no authorized
//! identity signed it. An attacker who also has one of the identities can make a fork. Everyone who knows
//! the other branch keeps it and gets a report, until a record by the author's recovery key ends the fork.

mod outcome;
mod record_chain;
mod recovery;
mod report;
mod signed;
#[cfg(test)]
mod tests;

pub use outcome::Outcome;
pub use record_chain::{RecordChain, WAITING_LIMIT};
pub use recovery::RECOVERY_WAIT;
pub use report::{AppendResult, RecordSummary, Report, VerifiedRecords};
pub use signed::SignedRecord;

use jiff::{SignedDuration, Timestamp};

use cpan_sigstore_core::digest::Sha256Digest;

/// How far a signing time may be ahead of the local clock.
pub const SKEW: SignedDuration = SignedDuration::from_mins(10);

/// The clock and the overrides that a record is judged by.
#[derive(Clone, Copy, Debug)]
pub struct ChainContext<'a> {
    /// The local clock.
    pub now: Timestamp,
    /// Digests of records that are valid although no identity of their predecessor signed them.
    pub overrides: &'a [Sha256Digest],
}

impl ChainContext<'_> {
    /// A context without overrides.
    pub const fn at(now: Timestamp) -> Self {
        Self {
            now,
            overrides: &[],
        }
    }
}
