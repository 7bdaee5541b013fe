//! Signing keys and key sets (RFC 7517, RFC 7518).

mod jwk;
mod ring;
mod signing;
mod store;

pub use jwk::{Algorithm, Jwk, JwkError, JwkSet, Material};
pub use ring::{DatedKey, KeyRing, OVERLAP, PERIOD};
pub use signing::{SigningKey, SigningKeyError};
pub use store::{KeyStore, KeyStoreError};
