//! What a signature on a CPAN release means.
//!
//! This crate is pure: it touches no network, no clock, no file system and no terminal, and it
//! knows nothing of the Sigstore libraries. It is the vocabulary of every other part of `cpan-sigstore`:
//!
//! - [`identity`]: signers, and the identities that were expected.
//! - [`digest`]: digests of bytes.
//! - [`finding`]: facts as stable kebab-case codes, and the exit code of each.
//! - [`decision`]: what policy makes of a finding.
//! - [`bundle`]: the name and the limit of a bundle.
//! - [`cause`]: why a signature proves nothing.
//! - [`hint`] and [`reason`]: the next step, and what led to a decision, as data.
//! - [`origin`]: where a setting of the policy comes from.
//! - [`page`]: the addresses of the pages about codes.
//! - [`release`]: the author and the name of a release.
//! - [`policy`]: the decisions of the user, by default, by author and by distribution.
//! - [`verdict`]: finding and decision with all that led to them.
//! - [`json`]: strict reading of foreign JSON.
//! - [`text`]: foreign text made safe to show.
//! - [`variable`]: the environment variables that may hold secrets.

#![warn(missing_docs)]

pub mod bundle;
pub mod cause;
pub mod decision;
pub mod digest;
pub mod finding;
pub mod hint;
pub mod identity;
pub mod json;
pub mod origin;
pub mod page;
pub mod policy;
pub mod reason;
pub mod release;
pub mod text;
pub mod variable;
pub mod verdict;

#[cfg(test)]
mod tests;
