//! Whether a release may be installed: the one decision, which `verify`, the mirror and every other part of
//! `cpan-sigstore` ask for, and which nothing else makes.
//!
//! ```text
//! release path + archive bytes + bundle? + trust material + identities + policy + now  →  Verdict
//! ```
//!
//! - [`Gate`] has it decided, and remembers what was allowed.
//! - [`gather`] puts together what is known of it; [`binding`] what is known of its author.
//! - [`decide`] is the decision itself, in numbered steps: pure, without clock, network and files.
//! - [`look`] is what the archive says of itself.
//! - [`statement`] says which attestations count as a signature of a release.
//! - [`explain`]: why an author's signatures count.
//! - [`records`]: from the files of an author record to one that somebody signed.
//! - [`store`]: who signed first, what was signed before.

#![warn(missing_docs)]

mod assess;
mod authorized;
mod candidate;
mod collect;
mod decide;
mod error;
mod evidence;
pub mod explain;
mod gate;
mod package_index;
pub mod records;
mod statement;
pub mod store;

pub use candidate::Candidate;
pub use cpan_sigstore_records::record::RecordFile;
pub use error::GateError;
pub use gate::Gate;
pub use package_index::{IndexReadError, read_package_index};
pub use records::RecordRefused;
pub use store::TrustStore;
