//! Keys of logs and witnesses, in the text forms of `signed-note`.

use std::{fmt, str::FromStr};

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use cpan_sigstore_core::digest::Sha256Digest;

use crate::encoding::{excerpt, from_base64, to_base64};

/// Longest name of a key, in bytes.
const NAME_LIMIT: usize = 255;
/// Bytes of an Ed25519 key, public or private.
const KEY_SIZE: usize = 32;
/// Bytes of an Ed25519 signature.
const SIGNATURE_SIZE: usize = 64;
/// The start of a signing key's text.
const PRIVATE: &str = "PRIVATE+KEY+";

/// The kind of signatures that a key makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// Ed25519 over a note: a log's own signature.
    Ed25519,
    /// Ed25519 over a time and a checkpoint: a witness's cosignature, version 1.
    CosignatureV1,
}

impl Algorithm {
    const fn byte(self) -> u8 {
        match self {
            Self::Ed25519 => 1,
            Self::CosignatureV1 => 4,
        }
    }
}

/// The first bytes of the digest of a key and its name. It tells keys of one name apart, and proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyId(pub [u8; 4]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", u32::from_be_bytes(self.0))
    }
}

/// Reasons why a text is no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The text has another form. A private key is never shown.
    #[error("invalid key: expected {expected}, found `{found}`")]
    Form {
        /// The form.
        expected: &'static str,
        /// The text.
        found: String,
    },
    /// The name is empty, too long, or has characters that a name cannot have.
    #[error(
        "invalid name of a key: expected 1 to {NAME_LIMIT} bytes without spaces, `+` and control characters, found `{0}`"
    )]
    Name(String),
    /// The key is of a kind that this program does not know.
    #[error(
        "unsupported key of {name}: expected algorithm 1 (Ed25519) or 4 (cosignature/v1), found {found}"
    )]
    Algorithm {
        /// The name.
        name: String,
        /// The number of the algorithm.
        found: u8,
    },
    /// The key has another digest than its text states.
    #[error("invalid key of {name}: expected the key id {expected}, found {found}")]
    Id {
        /// The name.
        name: String,
        /// The id by the key.
        expected: KeyId,
        /// The id in the text.
        found: String,
    },
}

/// Whether a text can be the name of a key.
pub(crate) fn is_name(text: &str) -> bool {
    let is_allowed = |c: char| !c.is_whitespace() && !c.is_control() && c != '+';
    (1..=NAME_LIMIT).contains(&text.len()) && text.chars().all(is_allowed)
}

fn id_of(name: &str, algorithm: u8, public: &[u8]) -> KeyId {
    let digest = Sha256Digest::of(&[name.as_bytes(), b"\n", &[algorithm], public].concat());
    let [a, b, c, d, ..] = *digest.as_bytes();
    KeyId([a, b, c, d])
}

/// The public key of a log or witness. Its text is `NAME+ID+BASE64`.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    algorithm: Algorithm,
    public: [u8; KEY_SIZE],
    id: KeyId,
}

impl VerifierKey {
    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The kind of signatures.
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Whether another key is the same under another name or for another kind of signatures.
    pub fn has_key_of(&self, other: &Self) -> bool {
        self.public == other.public
    }

    /// The id.
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// Whether this key signed a message.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let key = UnparsedPublicKey::new(&ED25519, &self.public);
        signature.len() == SIGNATURE_SIZE && key.verify(message, signature).is_ok()
    }

    fn new(name: &str, algorithm: Algorithm, public: [u8; KEY_SIZE]) -> Self {
        let id = id_of(name, algorithm.byte(), &public);
        Self {
            name: name.to_owned(),
            algorithm,
            public,
            id,
        }
    }
}

impl FromStr for VerifierKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let form = || KeyError::Form {
            expected: "NAME+ID+BASE64",
            found: excerpt(text),
        };
        if text.starts_with(PRIVATE) {
            return Err(KeyError::Form {
                expected: "a public key",
                found: "PRIVATE+KEY+…".to_owned(),
            });
        }
        let (name, rest) = text.split_once('+').ok_or_else(form)?;
        let (id, key) = rest.split_once('+').ok_or_else(form)?;
        if !is_name(name) {
            return Err(KeyError::Name(excerpt(name)));
        }
        let key = from_base64(key).ok_or_else(form)?;
        let (algorithm, public) = key.split_first().ok_or_else(form)?;
        let expected = id_of(name, *algorithm, public);
        if id != expected.to_string() {
            return Err(KeyError::Id {
                name: name.to_owned(),
                expected,
                found: excerpt(id),
            });
        }
        let algorithm = match algorithm {
            1 => Algorithm::Ed25519,
            4 => Algorithm::CosignatureV1,
            found => {
                return Err(KeyError::Algorithm {
                    name: name.to_owned(),
                    found: *found,
                });
            }
        };
        Ok(Self::new(
            name,
            algorithm,
            public.try_into().map_err(|_| form())?,
        ))
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[self.algorithm.byte()], &self.public[..]].concat();
        write!(f, "{}+{}+{}", self.name, self.id, to_base64(&key))
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The private key of a log or witness. It has no `Debug`.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    seed: [u8; KEY_SIZE],
    verifier: VerifierKey,
}

impl SigningKey {
    /// Returns the key of a seed, which has to be random and secret.
    ///
    /// # Errors
    /// [`KeyError::Name`] for a name that a key cannot have.
    pub fn from_seed(
        name: &str,
        algorithm: Algorithm,
        seed: [u8; KEY_SIZE],
    ) -> Result<Self, KeyError> {
        if !is_name(name) {
            return Err(KeyError::Name(excerpt(name)));
        }
        let refused = || KeyError::Form {
            expected: "an Ed25519 key",
            found: "another".to_owned(),
        };
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| refused())?;
        let public = pair
            .public_key()
            .as_ref()
            .try_into()
            .map_err(|_| refused())?;
        let verifier = VerifierKey::new(name, algorithm, public);
        Ok(Self {
            pair,
            seed,
            verifier,
        })
    }

    /// Reads the text of a key, `PRIVATE+KEY+NAME+ID+BASE64`.
    ///
    /// # Errors
    /// [`KeyError`] if it is none. The text is not part of it.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let form = || KeyError::Form {
            expected: "PRIVATE+KEY+NAME+ID+BASE64",
            found: "another text".to_owned(),
        };
        let rest = text.strip_prefix(PRIVATE).ok_or_else(form)?;
        let (name, rest) = rest.split_once('+').ok_or_else(form)?;
        let (id, key) = rest.split_once('+').ok_or_else(form)?;
        let key = from_base64(key).ok_or_else(form)?;
        let (algorithm, seed) = key.split_first().ok_or_else(form)?;
        let algorithm = match algorithm {
            1 => Algorithm::Ed25519,
            4 => Algorithm::CosignatureV1,
            found => {
                return Err(KeyError::Algorithm {
                    name: excerpt(name),
                    found: *found,
                });
            }
        };
        let key = Self::from_seed(name, algorithm, seed.try_into().map_err(|_| form())?)?;
        let expected = key.verifier.id;
        if id != expected.to_string() {
            return Err(KeyError::Id {
                name: name.to_owned(),
                expected,
                found: excerpt(id),
            });
        }
        Ok(key)
    }

    /// Returns the text of the key, which is a secret.
    pub fn to_secret_text(&self) -> String {
        let key = [&[self.verifier.algorithm.byte()], &self.seed[..]].concat();
        let (name, id) = (&self.verifier.name, self.verifier.id);
        format!("{PRIVATE}{name}+{id}+{}", to_base64(&key))
    }

    /// The public key.
    pub const fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.pair.sign(message).as_ref().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of golang.org/x/mod's documentation of notes.
    pub(crate) const PETER: &str =
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const PETER_PRIVATE: &str =
        "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";

    #[test]
    fn reads_keys_of_other_programs() {
        let public: VerifierKey = PETER.parse().unwrap();
        assert_eq!(public.to_string(), PETER);
        let private = SigningKey::parse(PETER_PRIVATE).unwrap();
        assert_eq!(private.verifier(), &public);
        assert_eq!(private.to_secret_text(), PETER_PRIVATE);
    }

    #[test]
    fn rejects_key_with_any_change() {
        for (from, to) in [
            ("Peter", "Petra"),
            ("c74f20a3", "c74f20a4"),
            ("c74f20a3", "C74F20A3"),
            ("ARpc", "ARpd"),
            ("ARpc", "BBpc"),
            ("PeterNeumann", ""),
            ("PeterNeumann", "Peter Neumann"),
            ("PeterNeumann", "Peter\u{a0}Neumann"),
            ("10TW", "10TW="),
            ("10TW", "10TWAAAA"),
        ] {
            let text = PETER.replacen(from, to, 1);
            assert!(text.parse::<VerifierKey>().is_err(), "{text}");
        }
        assert!(SigningKey::parse(&PETER_PRIVATE.replace("AYEK", "AYEL")).is_err());
        assert!(SigningKey::parse(PETER).is_err());
    }

    #[test]
    fn shows_no_private_key_in_error() {
        let error = PETER_PRIVATE
            .parse::<VerifierKey>()
            .unwrap_err()
            .to_string();
        assert!(!error.contains("AYEK"), "{error}");
        let broken = PETER_PRIVATE.replace("AYEK", "AYE!");
        let error = SigningKey::parse(&broken)
            .map(|_| ())
            .unwrap_err()
            .to_string();
        assert!(!error.contains("FALVF"), "{error}");
    }
}
