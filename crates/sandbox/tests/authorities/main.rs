//! The authorities as a client sees them over HTTP, checked with `openssl` and by hand.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod harness;
mod issuing;
mod logging;
mod network;
mod program;
mod stamping;
