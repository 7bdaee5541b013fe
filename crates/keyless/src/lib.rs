//! Signing and verifying with Sigstore.
//!
//! The one crate that imports the Sigstore libraries; it knows nothing of CPAN.
//!
//! - [`trust`]: instances of Sigstore, and the trust material of each.
//! - [`login`]: how an author proves an identity.
//! - [`sign`]: from digest and login to a bundle that was verified.
//! - [`bundle`]: reading bundles strictly, before any library sees them.
//! - [`verify`]: from bundle and bytes to a proof that only the verifier can make.
//! - [`inspect`]: what a bundle claims, unverified.

pub mod bundle;
mod certificate;
pub mod inspect;
mod json;
pub mod login;
pub mod sign;
mod timestamp;
pub mod trust;
pub mod verify;
