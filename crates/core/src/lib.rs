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
//! - [`cause`]: why a signature proves nothing, with the words a person is told.
//! - [`release`]: whose release it is, and its name.
//! - [`record`]: what an author says of who signs the releases.
//! - [`succession`]: which record follows on which, and what is a conflict.
//! - [`index`]: all records of a CPAN in one file, signed by an operator.
//! - [`policy`]: what the user wants done, by default, by author and by distribution.
//! - [`verdict`]: finding and decision with all that led to them.
//! - [`text`]: foreign text that people are shown.

pub mod cause;
pub mod decision;
pub mod digest;
pub mod finding;
pub mod identity;
pub mod index;
pub mod policy;
pub mod record;
pub mod release;
pub mod succession;
pub mod text;
pub mod verdict;
