//! The author records of a CPAN: gathered into an index, kept up to date, and watched.
//!
//! - [`build`]: every record of a CPAN, verified, in the next index.
//! - [`operator`]: the index of the operator whom the user has pinned.
//! - [`watch`]: what an author has to be told of.

pub mod build;
pub mod operator;
pub mod watch;
