//! The provider's signing key: ES256 tokens (RFC 7515, RFC 7518 §3.4) and the key set (RFC 7517).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use p256::ecdsa::{
    Signature, SigningKey,
    signature::{Signer as _, Verifier as _},
};
use rand_core::OsRng;
use serde_json::{Value, json};

/// Name of the published key.
const KEY_ID: &str = "sandbox-1";

/// A P-256 key that signs tokens.
pub(super) struct TokenKey(SigningKey);

impl TokenKey {
    pub(super) fn generate() -> Self {
        Self(SigningKey::random(&mut OsRng))
    }

    /// Returns a signed token with these claims, in compact form.
    pub(super) fn sign(&self, claims: &Value) -> String {
        let message = unsigned(
            &json!({ "alg": "ES256", "typ": "JWT", "kid": KEY_ID }),
            claims,
        );
        let signature: Signature = self.0.sign(message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }

    /// Returns the claims of a token in compact form that this key has signed.
    pub(super) fn verified(&self, token: &str) -> Option<Value> {
        let (message, signature) = token.rsplit_once('.')?;
        let (header, claims) = message.split_once('.')?;
        let read = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        let header: Value = serde_json::from_slice(&read(header)?).ok()?;
        let signature = Signature::from_slice(&read(signature)?).ok()?;
        let key = self.0.verifying_key();
        if header["alg"] != "ES256" || key.verify(message.as_bytes(), &signature).is_err() {
            return None;
        }
        serde_json::from_slice(&read(claims)?).ok()
    }

    /// Returns the JSON Web Key Set with the public key.
    pub(super) fn key_set(&self) -> Value {
        let point = self.0.verifying_key().to_encoded_point(false);
        let coordinate = |bytes: Option<&p256::FieldBytes>| {
            bytes.map(|b| URL_SAFE_NO_PAD.encode(b)).unwrap_or_default()
        };
        json!({ "keys": [{
            "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": KEY_ID,
            "x": coordinate(point.x()), "y": coordinate(point.y()),
        }] })
    }
}

/// Returns a token that declares and has no signature.
pub(super) fn without_signature(claims: &Value) -> String {
    let message = unsigned(&json!({ "alg": "none", "typ": "JWT" }), claims);
    format!("{message}.")
}

fn unsigned(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(claims))
}
