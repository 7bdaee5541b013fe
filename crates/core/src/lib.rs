//! What a signature on a CPAN release means.
//!
//! This crate is pure: it touches no network, no clock, no file system and no terminal, and it
//! knows nothing of the Sigstore libraries. It holds the vocabulary that every other part of
//! `cpan-sigstore` speaks:
//!
//! - [`identity`]: who signed, and who was meant to sign.
//! - [`digest`]: which bytes.
//! - [`finding`]: what is the case, as stable kebab-case codes, and the exit code of each.
//! - [`decision`]: what policy makes of a finding.
//! - [`bundle`]: the name and the limit of a bundle.
//! - [`cause`]: why a signature proves nothing, with the words a person is told.
//! - [`release`]: whose release it is, and its name.
//! - [`policy`]: what the user wants done, by default, by author and by distribution.
//! - [`verdict`]: finding and decision with all that led to them.
//! - [`text`]: foreign text that people are shown.

pub mod bundle;
pub mod cause;
pub mod decision;
pub mod digest;
pub mod finding;
pub mod identity;
pub mod policy;
pub mod release;
pub mod text;
pub mod verdict;
