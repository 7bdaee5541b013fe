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

mod defect;
mod destination;
pub mod fix;
pub mod limits;
mod preflight;

pub use defect::{Code, Defect, Severity};
pub use destination::Destination;
pub use preflight::{Preflight, preflight, preflight_file};
