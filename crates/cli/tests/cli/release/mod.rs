//! `release`: one archive, a backlog, and what was interrupted.

mod backlog;
mod gated;
mod ordered;
mod resumed;
pub mod single;
mod trusted;
mod trusted_attacks;
