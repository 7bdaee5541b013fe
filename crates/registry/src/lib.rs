//! The author index: built by an operator, followed by users.
//!
//! - [`assemble`]: builds the next index from the records of a CPAN.
//! - [`subscription`]: the index of the operator that the user has pinned.

pub mod assemble;
pub mod subscription;

#[cfg(test)]
mod tests;
