//! Signed tokens in compact form (RFC 7515, RFC 7519).
//!
//! [`sign`] writes one, [`verify`] reads one against a key set and the [`Expected`] issuer, audience and time.

mod verify;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use crate::keys::{SigningKey, SigningKeyError};

pub use verify::{Expected, TokenError, VerifiedToken, issuer_claim, key_name, verify};

/// Returns a token with these claims, signed with ES256.
///
/// # Errors
/// [`SigningKeyError::Sign`] if it cannot be signed.
pub fn sign(key: &SigningKey, claims: &Map<String, Value>) -> Result<String, SigningKeyError> {
    let header = json!({ "alg": "ES256", "typ": "JWT", "kid": key.kid() });
    let header = URL_SAFE_NO_PAD.encode(header.to_string());
    let claims = URL_SAFE_NO_PAD.encode(Value::Object(claims.clone()).to_string());
    let message = format!("{header}.{claims}");
    let signature = URL_SAFE_NO_PAD.encode(key.sign(message.as_bytes())?);
    Ok(format!("{message}.{signature}"))
}

#[cfg(test)]
mod tests;
