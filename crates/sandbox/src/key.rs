//! The authorities' keys, all on P-256, and the public keys of clients.

use der::pem::{LineEnding, encode_string};
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use p256::ecdsa::signature::{Signer, Verifier};
use p256::pkcs8::{DecodePublicKey, EncodePublicKey};
use rand_core::OsRng;
use sha2::{Digest, Sha256};

/// A signing key of an authority.
pub struct AuthorityKey {
    secret: p256::ecdsa::SigningKey,
    spki: Vec<u8>,
}

impl AuthorityKey {
    /// Creates a key.
    ///
    /// # Errors
    /// If the public key cannot be encoded.
    pub fn generate() -> der::Result<Self> {
        let secret = p256::ecdsa::SigningKey::random(&mut OsRng);
        let spki = secret
            .verifying_key()
            .to_public_key_der()
            .map_err(encoding_error)?;
        Ok(Self {
            secret,
            spki: spki.into_vec(),
        })
    }

    /// Returns the ECDSA signature of the SHA-256 of `message`, in DER.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signature: p256::ecdsa::DerSignature = self.secret.sign(message);
        signature.as_bytes().to_vec()
    }

    pub(crate) fn secret(&self) -> &p256::ecdsa::SigningKey {
        &self.secret
    }

    /// Returns the public key as SubjectPublicKeyInfo in DER.
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// Returns the SHA-256 of the public key, which identifies a log (RFC 6962, section 3.2).
    pub fn id(&self) -> [u8; 32] {
        Sha256::digest(&self.spki).into()
    }

    /// Returns the public key in PEM.
    ///
    /// # Errors
    /// If the key is too long to encode.
    pub fn pem(&self) -> Result<String, der::pem::Error> {
        encode_string("PUBLIC KEY", LineEnding::LF, &self.spki)
    }
}

fn encoding_error(error: spki::Error) -> der::Error {
    match error {
        spki::Error::Asn1(error) => error,
        _ => der::ErrorKind::Failed.into(),
    }
}

/// A client's public key.
#[derive(Clone)]
pub(crate) enum ClientKey {
    P256(p256::ecdsa::VerifyingKey),
    P384(p384::ecdsa::VerifyingKey),
}

impl ClientKey {
    /// Reads a SubjectPublicKeyInfo in DER.
    pub(crate) fn from_spki(der: &[u8]) -> Result<Self, spki::Error> {
        p256::ecdsa::VerifyingKey::from_public_key_der(der)
            .map(Self::P256)
            .or_else(|_| p384::ecdsa::VerifyingKey::from_public_key_der(der).map(Self::P384))
    }

    /// Returns whether `signature` (DER) is valid for `message`, hashed as the curve requires.
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::P256(key) => p256::ecdsa::Signature::from_der(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            Self::P384(key) => p384::ecdsa::Signature::from_der(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
        }
    }

    /// Returns whether `signature` (DER) is valid for a message with this digest.
    pub(crate) fn verify_digest(&self, digest: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::P256(key) => p256::ecdsa::Signature::from_der(signature)
                .is_ok_and(|signature| key.verify_prehash(digest, &signature).is_ok()),
            Self::P384(key) => p384::ecdsa::Signature::from_der(signature)
                .is_ok_and(|signature| key.verify_prehash(digest, &signature).is_ok()),
        }
    }
}
