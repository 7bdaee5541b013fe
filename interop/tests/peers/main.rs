//! Runs against the real peers. `make interop` installs them and says where they are.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

mod attestation;
mod real_stack;
mod sandbox;
mod tampered;
mod workshop;
