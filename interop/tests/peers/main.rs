//! Runs against the real peers, which `make interop` installs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

mod attestation;
mod cpan_log;
mod pause_login;
mod real_stack;
mod sandbox;
mod tampered;
mod workshop;
