//! A mirror of CPAN that hands out only files that the gate admits.
//!
//! - [`mirror`]: from a request to an answer: fetch whole, decide, serve.
//! - [`cache`]: admitted files on the disk, by digest.
//! - [`decision_log`]: the decisions and their reasons.
//! - [`server`]: HTTP for clients.
//!
//! The gate alone decides about releases; all other documents are [`Rendered`](rendered::Rendered) from
//! parsed data.

mod author_index;
pub mod cache;
pub mod decision_log;
pub mod mirror;
mod rendered;
pub mod server;

pub use author_index::AuthorIndexFiles;
pub use decision_log::{DecisionLog, LogEntry};
pub use mirror::{Mirror, Options};

#[cfg(test)]
mod tests;
