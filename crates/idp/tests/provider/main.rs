//! The provider over HTTP, as a client, a browser and an attacker see it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod attacks;
mod browser;
mod direct;
mod exchange;
mod harness;
mod limits;
mod login;
mod rotation;
