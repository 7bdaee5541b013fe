//! Decides whether a release may be installed. `verify`, the mirror and every other part of `cpan-sigstore` call this
//! one decision; nothing else decides.
//!
//! ```text
//! release path + archive bytes + bundle? + trust material + identities + policy + now  →  Verdict
//! ```
//!
//! - [`Gate`] decides about a [`Candidate`], and remembers admitted releases.
//! - [`collect`] collects the evidence; [`authorized`] the authorized signers of its author.
//! - [`decide`] is the decision itself, in numbered steps: pure, without clock, network and files.
//! - [`awaited`] postpones the judgement of a young archive whose bundle may still follow.
//! - [`assess`] assesses the archive.
//! - [`statement`] lists the attestations that are signatures of a release.
//! - [`Gate::review_index`] removes entries of a package index that lead a module to another author than its owners.
//! - [`accept`] accepts another signer or owner, because a person says so.
//! - [`explain`] explains which identities may sign for an author.
//! - [`records`] verifies the files of an author record.
//! - [`server`] decides whether a server such as PAUSE publishes an uploaded file.
//! - [`log`] is the client of the CPAN log: its results are part of the evidence.
//! - [`store`] is the trust store: first signers, signed releases, record chains.

#![warn(missing_docs)]

pub mod accept;
mod assess;
mod authorized;
mod awaited;
mod candidate;
mod collect;
mod decide;
mod error;
mod evidence;
pub mod explain;
mod gate;
pub mod log;
mod package_index;
pub mod records;
mod review;
pub mod server;
mod statement;
pub mod store;

/// The target of the events of the `tracing` crate that a person should read, although nothing fails.
pub const NOTICE: &str = "cpan_sigstore::notice";

pub use awaited::GRACE;
pub use candidate::{ArchiveFile, Candidate};
pub use cpan_sigstore_records::record::RecordFile;
pub use error::GateError;
pub use gate::Gate;
pub use log::{IndexStanding, LogClient, LogSetupError};
pub use package_index::{AcceptedIndex, IndexReadError, accept_package_index};
pub use records::RecordRefused;
pub use review::DeniedEntry;
pub use store::TrustStore;

#[cfg(test)]
mod suite;
#[cfg(test)]
mod tests;
