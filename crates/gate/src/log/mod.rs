//! The client of the CPAN log.
//!
//! - [`LogClient`]: finds the proof of a file, and verifies it against one history.
//! - [`history`]: compares checkpoints with the remembered one, and remembers the newest.
//! - [`fact`]: the results, which are inputs of the decision.
//! - [`carry`]: the files of a log for clients behind a mirror.
//! - [`withheld`]: author records and author indexes of which the log has another version.
//! - [`site`] and [`cache`]: where the files of a log come from, within limits.
//!
//! # Security
//!
//! Nothing that a site or a cache returns is trusted. A proof has to satisfy the policy, and its tree has to be part of
//! the history that the trust store remembers. Only then there is a [`LoggedFile`].

mod cache;
mod carry;
mod client;
mod fact;
mod history;
mod index;
mod site;
#[cfg(test)]
mod tests;
mod withheld;

pub use cpan_sigstore_tlog::proof::SUFFIX;

pub use client::{LogClient, LogSetupError};
pub use fact::LoggedFile;
pub(crate) use fact::{LogAnswer, LogEvidence};
pub(crate) use index::IndexCheck;
pub use index::IndexStanding;
pub(crate) use withheld::{NewestFile, WithheldFile};
