//! The recovery key: an author's offline key that may sign the next record, and nothing else.

use std::{fmt, str::FromStr};

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};

/// The algorithm, as it begins each key and each signature.
const ALGORITHM: &str = "ed25519:";
/// The start of the bytes that a recovery key signs. Nothing else that is signed begins like this.
const CONTEXT: &[u8] = b"cpan-author-recovery/v1\n";
/// The bytes before the seed in PKCS #8 (RFC 8410).
const PKCS8_PREFIX: &str = "302e020100300506032b657004220420";

/// The public half of a recovery key. Its text is `ed25519:HEX`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RecoveryKey([u8; 32]);

/// A signature by a recovery key. Its text is `ed25519:HEX`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RecoverySignature([u8; 64]);

/// The text is no recovery key, or no signature by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecoveryTextError {
    /// It has another form.
    #[error("invalid recovery key: expected `{ALGORITHM}` and {digits} small hexadecimal digits")]
    Form {
        /// How many digits it has to have.
        digits: usize,
    },
    /// It is no private key.
    #[error("invalid private recovery key: expected an Ed25519 key in PEM (PKCS #8)")]
    Private,
}

impl RecoveryKey {
    /// Whether the key signed these bytes of a record.
    pub(super) fn has_signed(&self, bytes: &[u8], signature: &RecoverySignature) -> bool {
        let key = UnparsedPublicKey::new(&ED25519, &self.0);
        key.verify(&message(bytes), &signature.0).is_ok()
    }
}

/// Both halves of a recovery key.
pub struct RecoveryKeyPair {
    seed: [u8; 32],
    pair: Ed25519KeyPair,
}

impl RecoveryKeyPair {
    /// The key of a secret seed, which has to be random.
    ///
    /// # Errors
    /// [`RecoveryTextError::Private`] if the seed cannot be used.
    pub fn of_seed(seed: [u8; 32]) -> Result<Self, RecoveryTextError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed);
        let pair = pair.map_err(|_| RecoveryTextError::Private)?;
        Ok(Self { seed, pair })
    }

    /// The key in DER (PKCS #8), as OpenSSL writes it.
    ///
    /// # Errors
    /// [`RecoveryTextError::Private`] if the bytes are anything else.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, RecoveryTextError> {
        let hex = hex::encode(der);
        let seed = hex.strip_prefix(PKCS8_PREFIX);
        let seed = seed.ok_or(RecoveryTextError::Private)?;
        let mut bytes = [0; 32];
        hex::decode_to_slice(seed, &mut bytes).map_err(|_| RecoveryTextError::Private)?;
        Self::of_seed(bytes)
    }

    /// The secret key in DER (PKCS #8).
    pub fn to_pkcs8(&self) -> Vec<u8> {
        let mut der = hex::decode(PKCS8_PREFIX).unwrap_or_default();
        der.extend(self.seed);
        der
    }

    /// The public half.
    pub fn public(&self) -> RecoveryKey {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(self.pair.public_key().as_ref());
        RecoveryKey(bytes)
    }

    /// Signs the bytes of a record.
    pub(super) fn sign(&self, bytes: &[u8]) -> RecoverySignature {
        let mut signature = [0; 64];
        signature.copy_from_slice(self.pair.sign(&message(bytes)).as_ref());
        RecoverySignature(signature)
    }
}

impl fmt::Debug for RecoveryKeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecoveryKeyPair({})", self.public())
    }
}

/// Returns the bytes that are signed for these bytes of a record.
fn message(bytes: &[u8]) -> Vec<u8> {
    [CONTEXT, bytes].concat()
}

/// Reads the algorithm and digits; capital letters are another text.
fn read<const N: usize>(text: &str) -> Result<[u8; N], RecoveryTextError> {
    let form = RecoveryTextError::Form { digits: 2 * N };
    let digits = text.strip_prefix(ALGORITHM).ok_or(form)?;
    let mut bytes = [0; N];
    hex::decode_to_slice(digits, &mut bytes).map_err(|_| form)?;
    match hex::encode(bytes) == digits {
        true => Ok(bytes),
        false => Err(form),
    }
}

impl FromStr for RecoveryKey {
    type Err = RecoveryTextError;

    fn from_str(text: &str) -> Result<Self, RecoveryTextError> {
        read(text).map(Self)
    }
}

impl FromStr for RecoverySignature {
    type Err = RecoveryTextError;

    fn from_str(text: &str) -> Result<Self, RecoveryTextError> {
        read(text).map(Self)
    }
}

impl fmt::Display for RecoveryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{ALGORITHM}{}", hex::encode(self.0))
    }
}

impl fmt::Debug for RecoveryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecoveryKey({self})")
    }
}

impl fmt::Display for RecoverySignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{ALGORITHM}{}", hex::encode(self.0))
    }
}
