//! Keeps a CPAN log: writes it from a CPAN, asks witnesses, proves and audits it.
//!
//! - [`store`]: the files of a log, and the state of its writer beside them.
//! - [`writer`]: appends leaves, and survives its end at any moment.
//! - [`append`]: appends the new files of a CPAN.
//! - [`scan`]: the files of a CPAN that are logged.
//! - [`witnesses`]: asks witnesses for cosignatures.
//! - [`reader`]: the files of a log, in a folder or behind an address.
//! - [`prove`]: proofs of logged files.
//! - [`audit`]: replays a log, and compares it with a CPAN.

#![warn(missing_docs)]

pub mod append;
pub mod audit;
mod known;
mod parallel;
pub mod prove;
pub mod reader;
pub mod scan;
mod staged;
pub mod store;
mod unread;
pub mod witnesses;
pub mod writer;

pub use unread::Unread;
pub use writer::{LedgerError, LogWriter, create};

use cpan_sigstore_tlog::key::{Algorithm, KeyError, SigningKey};

/// Creates the key of a log from the randomness of the operating system.
///
/// # Errors
/// [`KeyError::Name`] for a name that a key cannot have, and [`KeyError::Form`] without randomness.
pub fn generate_key(origin: &str) -> Result<SigningKey, KeyError> {
    let mut seed = [0; 32];
    aws_lc_rs::rand::fill(&mut seed).map_err(|_| KeyError::Form {
        expected: "randomness of the operating system",
        found: "none".to_owned(),
    })?;
    SigningKey::from_seed(origin, Algorithm::Ed25519, seed)
}

#[cfg(test)]
mod tests;
