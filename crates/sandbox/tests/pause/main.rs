//! PAUSE as uploaders and installers see it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod accounts;
mod checksums;
mod daemon;
mod form;
mod gate;
mod harness;
mod index;
mod misbehaving;
mod programs;
mod publishing;
mod queue;
mod recent;
mod token;
mod trusted;
