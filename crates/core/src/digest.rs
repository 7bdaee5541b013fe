//! SHA-256, by the one backend of this workspace: AWS-LC, which TLS and the verifier bring already.
//!
//! RustCrypto's `sha2` is as fast on x86-64 with SHA extensions. Without them it is slower than assembly (260 against
//! 342 MiB/s), and on 64-bit ARM it uses the extensions only with its feature `asm`.

use std::{fmt, str::FromStr};

use aws_lc_rs::digest::{Context, SHA256, digest};
use serde::{Deserialize, Serialize};

/// A SHA-256 digest. Its text is `sha256:HEX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sha256Digest([u8; 32]);

impl Sha256Digest {
    /// Wraps a digest that was computed elsewhere.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the digest of bytes in memory.
    pub fn of(bytes: &[u8]) -> Self {
        Self::from_backend(digest(&SHA256, bytes))
    }

    /// A digest of the backend; one of SHA-256 always has 32 bytes.
    fn from_backend(digest: aws_lc_rs::digest::Digest) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest.as_ref());
        Self(bytes)
    }

    /// Parses 64 hexadecimal digits, without an algorithm before them.
    ///
    /// # Errors
    /// [`DigestError::Hex`] if the text is anything else.
    pub fn from_hex(digits: &str) -> Result<Self, DigestError> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(digits, &mut bytes).map_err(|_| DigestError::Hex {
            found: digits.chars().count(),
        })?;
        Ok(Self(bytes))
    }

    /// The 64 hexadecimal digits, without the algorithm.
    pub fn to_hex(&self) -> String {
        hex::encode(self.0)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Sha256Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.to_hex())
    }
}

impl Serialize for Sha256Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Sha256Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// Computes the digest of a stream of bytes, such as an upload.
#[derive(Clone)]
pub struct Sha256Hasher(Context);

impl Default for Sha256Hasher {
    fn default() -> Self {
        Self(Context::new(&SHA256))
    }
}

impl Sha256Hasher {
    /// Adds the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Returns the digest of all bytes.
    pub fn finish(self) -> Sha256Digest {
        Sha256Digest::from_backend(self.0.finish())
    }
}

/// The text is no digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DigestError {
    /// Another algorithm, or none, is before the colon.
    #[error("invalid digest: expected `sha256:` and 64 hexadecimal digits, found `{0}`")]
    Form(String),
    /// The part behind the colon is not 64 hexadecimal digits.
    #[error(
        "invalid digest: expected 64 hexadecimal digits after `sha256:`, found {found} other characters"
    )]
    Hex {
        /// The number of characters.
        found: usize,
    },
}

impl FromStr for Sha256Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let digits = text
            .strip_prefix("sha256:")
            .ok_or_else(|| DigestError::Form(text.chars().take(80).collect()))?;
        Self::from_hex(digits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digest_round_trips() {
        let digest = Sha256Digest::new([0xab; 32]);
        assert_eq!(digest.to_string().parse::<Sha256Digest>().unwrap(), digest);
    }

    #[test]
    fn rejects_other_algorithms_and_lengths() {
        assert!(matches!(
            "sha512:00".parse::<Sha256Digest>(),
            Err(DigestError::Form(_))
        ));
        assert!(matches!(
            "sha256:00".parse::<Sha256Digest>(),
            Err(DigestError::Hex { found: 2 })
        ));
    }
}
