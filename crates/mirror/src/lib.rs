//! A mirror of CPAN that hands out only what the gate allows.
//!
//! - [`upstream`]: the CPAN behind it, by HTTP or in a folder.
//! - [`author_records`]: what it has of who signs for an author.
//! - [`path`]: what a mirror has, by its path; everything else is refused.
//! - [`mirror`]: what becomes of a request: fetched whole, decided by the gate, and only then served.
//! - [`index`]: the files that lead to releases, and how each is checked.
//! - [`cache`]: what was allowed, on the disk, by digest.
//! - [`record`]: what was refused, and why.
//! - [`server`]: HTTP, to whoever asks.
//!
//! It decides nothing: whether a release may be handed out is the gate's word alone.

mod author_records;
pub mod cache;
pub mod index;
pub mod mirror;
pub mod path;
pub mod record;
pub mod server;
pub mod upstream;

pub use mirror::{Mirror, Options};
pub use record::{Record, Records};
