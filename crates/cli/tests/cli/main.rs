//! The real binary, driven as a user would, against the sandbox.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test that cannot go on fails"
)]

mod author;
mod check;
mod docs;
mod exec;
mod fixtures;
mod gate;
mod harness;
mod hooks;
mod index;
mod log;
mod log_client;
mod mirror;
mod network;
mod output;
mod peers;
mod release;
mod sign;
mod snapshot;
mod trust;
mod upload;
mod verify;
mod watch;
