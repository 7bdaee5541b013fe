//! A key that signs tokens.

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::Jwk;

/// Bytes of the digest in a key's name.
const NAME_BYTES: usize = 12;

/// A private key on P-256. It has no `Debug`.
pub struct SigningKey {
    kid: String,
    pair: EcdsaKeyPair,
}

/// Why there is no signing key, or no signature.
#[derive(Debug, thiserror::Error)]
pub enum SigningKeyError {
    /// No key could be made.
    #[error("cannot create a signing key")]
    Create,
    /// The text is no private key.
    #[error("invalid signing key: expected a P-256 key in PKCS #8")]
    Form,
    /// The signature could not be made.
    #[error("cannot sign a token")]
    Sign,
}

impl SigningKey {
    /// Creates a key, and returns it with its PKCS #8 document.
    ///
    /// # Errors
    /// [`SigningKeyError::Create`] if the system has no random bytes.
    pub fn generate() -> Result<(Self, Vec<u8>), SigningKeyError> {
        let document =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
                .map_err(|_| SigningKeyError::Create)?;
        let document = document.as_ref().to_vec();
        Ok((Self::from_pkcs8(&document)?, document))
    }

    /// Reads a key from PKCS #8.
    ///
    /// # Errors
    /// [`SigningKeyError::Form`] if it is none.
    pub fn from_pkcs8(document: &[u8]) -> Result<Self, SigningKeyError> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document)
            .map_err(|_| SigningKeyError::Form)?;
        let name = digest(&SHA256, pair.public_key().as_ref());
        let kid = URL_SAFE_NO_PAD.encode(&name.as_ref()[..NAME_BYTES]);
        Ok(Self { kid, pair })
    }

    /// Returns the key's name: a part of the digest of its public key.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// Returns the public key.
    pub fn public(&self) -> Jwk {
        Jwk::p256(&self.kid, self.pair.public_key().as_ref())
    }

    /// Returns the signature (ES256) of `message`.
    ///
    /// # Errors
    /// [`SigningKeyError::Sign`] if the system has no random bytes.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningKeyError> {
        let signature = self
            .pair
            .sign(&SystemRandom::new(), message)
            .map_err(|_| SigningKeyError::Sign)?;
        Ok(signature.as_ref().to_vec())
    }
}
