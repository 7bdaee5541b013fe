//! The real binary, driven as a user would, against the sandbox.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test that cannot go on fails"
)]

mod authors;
mod check;
mod documents;
mod gate;
mod harness;
mod identity;
mod index;
mod inspect;
mod install;
mod instances;
mod interruptions;
mod load;
mod login;
mod pause;
mod public_bundles;
mod records;
mod refusals;
mod sign;
mod verify;
mod watch;
