//! The program against its real peers: cosign, sigstore-python, and the services of a real Sigstore.
//!
//! The tests of this crate run by `make interop`, which installs the peers first.

pub mod cases;
pub mod daemon;
pub mod error;
pub mod installed;
pub mod instance;
pub mod peer;
mod pem;
pub mod real_stack;
pub mod tampering;
