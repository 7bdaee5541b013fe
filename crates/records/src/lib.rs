//! Author records, pure: no network, no clock, no files.
//!
//! - [`record`]: an author's own list of the identities that may sign.
//! - [`chain`]: which version follows which, and what is a conflict.
//! - [`author_index`]: all records of a CPAN in one file, signed by an operator.

#![warn(missing_docs)]

pub mod author_index;
pub mod chain;
pub mod record;

#[cfg(test)]
mod tests;
