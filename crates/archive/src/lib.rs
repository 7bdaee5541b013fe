//! Archives of CPAN: read within limits, and looked at before they are signed.
//!
//! - [`preflight`](preflight()) finds all that makes PAUSE change or drop an archive, or clients refuse it,
//!   at once.
//! - [`fix`](fix::fix) repacks what can be repaired without anybody's judgement: permissions, and bytes
//!   after the end.
//! - [`limits`] says how much of an archive is read at most. An archive is read as a stream; memory does
//!   not grow with it.
//!
//! This crate knows nothing of signatures or networks. What PAUSE does is told from its public source
//! (`bin/paused`, `lib/PAUSE/dist.pm`).

mod checks;
mod contents;
mod defect;
mod destination;
mod findings;
pub mod fix;
pub mod limits;
mod magic;
mod member;
mod meta;
mod path;
mod preflight;
mod read_error;
mod source;
mod tar;
mod unpacked;
mod zip;

pub use defect::{Code, Defect, Severity};
pub use destination::Destination;
pub use preflight::{Preflight, preflight, preflight_file};
