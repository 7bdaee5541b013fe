//! A mirror of CPAN that hands out only what the gate allows.
//!
//! - [`mirror`]: what becomes of a request: fetched whole, decided by the gate, and only then served.
//! - [`cache`]: what was allowed, on the disk, by digest.
//! - [`record`]: what was refused, and why.
//! - [`server`]: HTTP, to whoever asks.
//!
//! It decides nothing: whether a release may be handed out is the gate's word alone.

pub mod cache;
pub mod mirror;
pub mod record;
mod rendered;
pub mod server;

pub use mirror::{Mirror, Options};
pub use record::{Record, Records};
