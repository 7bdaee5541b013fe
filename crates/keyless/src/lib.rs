//! Keyless signing and verifying with Sigstore.
//!
//! This is the only crate that imports the Sigstore libraries. It knows nothing about CPAN.
//!
//! - [`trust`]: instances of Sigstore, and their trust material.
//! - [`login`]: identity tokens, from the environment or from a login.
//! - [`sign`]: from digest and token to a verified bundle.
//! - [`bundle`]: strict reading of bundles, before any library sees them.
//! - [`verify`]: from bundle and bytes to a proof that only the verifier can create.
//! - [`transparency`]: the logs themselves: their trees, and the signatures in them.
//! - [`clock`]: this machine's clock beside a service's.
//! - [`inspect`]: the unverified claims of a bundle.

#![warn(missing_docs)]

pub mod bundle;
mod certificate;
pub mod clock;
pub mod inspect;
pub mod login;
pub mod sign;
mod timestamp;
pub mod transparency;
pub mod trust;
pub mod verify;

#[cfg(test)]
mod tests;
