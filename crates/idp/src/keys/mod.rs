//! Signing keys and key sets (RFC 7517, RFC 7518).

mod jwk;
mod signing;

pub use jwk::{Algorithm, Jwk, JwkError, JwkSet};
pub use signing::{SigningKey, SigningKeyError};
