//! The program against its real peers: cosign, sigstore-python, and the services of a real
//! Sigstore.
//!
//! `make interop` installs the peers and runs this crate's tests.

pub mod cases;
pub mod daemon;
pub mod error;
pub mod installed;
pub mod instance;
pub mod pause_login;
pub mod peer;
mod pem;
pub mod real_stack;
pub mod tampering;
