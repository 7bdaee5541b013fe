//! CPAN archives: bounded reading, and checks before they are signed.
//!
//! - [`preflight`](preflight()) reports at once every defect for which PAUSE would change or drop
//!   an archive, or clients would refuse it.
//! - [`fix`](fix::fix) repairs what needs no human judgement: permissions, and bytes after the end.
//! - [`limits`] bounds how much of an archive is read. Archives are read as a stream, in constant
//!   memory.
//!
//! This crate knows nothing about signatures or networks. The behaviour of PAUSE is taken from its
//! public source (`bin/paused`, `lib/PAUSE/dist.pm`).

mod checks;
mod collector;
mod contents;
mod defect;
mod destination;
pub mod fix;
mod form;
mod hashed_source;
pub mod limits;
mod magic;
mod member;
mod meta;
mod path;
mod preflight;
mod read_error;
mod tar;
#[cfg(test)]
mod tests;
mod unpacked_stream;
mod zip;

pub use defect::{Defect, DefectReport, Severity};
pub use destination::Destination;
pub use preflight::{Preflight, preflight, preflight_file, preflight_hashed};
