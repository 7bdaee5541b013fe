//! Public keys as JSON (RFC 7517), as this provider publishes them and as CI systems do.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

/// Most keys that a set may have.
const MOST_KEYS: usize = 64;
/// Length of a coordinate on P-256, in bytes.
const COORDINATE: usize = 32;
/// First byte of a point that is not compressed (SEC 1, section 2.3.3).
const UNCOMPRESSED: u8 = 4;

/// A signature algorithm of tokens (RFC 7518, section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256.
    #[serde(rename = "ES256")]
    Es256,
    /// RSA, PKCS #1 v1.5, with SHA-256.
    #[serde(rename = "RS256")]
    Rs256,
}

/// A public key. Members that are not used here are ignored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwk {
    /// Name of the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// The only algorithm it is for, if stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alg: Option<String>,
    /// Its use; `sig` if stated.
    #[serde(default, rename = "use", skip_serializing_if = "Option::is_none")]
    pub usage: Option<String>,
    /// The key itself.
    #[serde(flatten)]
    pub material: Material,
}

/// The numbers of a public key, in base64url.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kty")]
pub enum Material {
    /// A point on a curve.
    #[serde(rename = "EC")]
    Ec {
        /// Name of the curve.
        crv: String,
        /// First coordinate.
        x: String,
        /// Second coordinate.
        y: String,
    },
    /// Modulus and exponent.
    #[serde(rename = "RSA")]
    Rsa {
        /// Modulus.
        n: String,
        /// Exponent.
        e: String,
    },
    /// A kind that is not used here.
    #[serde(other)]
    Other,
}

/// A key set. Keys that are not readable are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct JwkSet {
    /// The keys.
    pub keys: Vec<Jwk>,
}

/// Why a key set cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum JwkError {
    /// It is not JSON of that form.
    #[error("invalid key set: expected JSON with a list of keys: {0}")]
    Form(#[source] serde_json::Error),
    /// It has too many keys.
    #[error("invalid key set: expected at most {MOST_KEYS} keys, found {0}")]
    TooMany(usize),
}

impl Jwk {
    /// Returns the key of a point on P-256 that is not compressed.
    pub(super) fn p256(kid: &str, point: &[u8]) -> Self {
        let (x, y) = point
            .get(1..)
            .and_then(|point| point.split_at_checked(COORDINATE))
            .unwrap_or_default();
        Self {
            kid: Some(kid.to_owned()),
            alg: Some("ES256".to_owned()),
            usage: Some("sig".to_owned()),
            material: Material::Ec {
                crv: "P-256".to_owned(),
                x: URL_SAFE_NO_PAD.encode(x),
                y: URL_SAFE_NO_PAD.encode(y),
            },
        }
    }

    /// Returns whether `signature` is this key's, by this algorithm, for `message`.
    pub fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        self.is_for(algorithm) && self.is_signature(algorithm, message, signature) == Some(true)
    }

    fn is_for(&self, algorithm: Algorithm) -> bool {
        let name = match algorithm {
            Algorithm::Es256 => "ES256",
            Algorithm::Rs256 => "RS256",
        };
        self.alg.as_deref().is_none_or(|alg| alg == name)
            && self.usage.as_deref().is_none_or(|usage| usage == "sig")
    }

    fn is_signature(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> Option<bool> {
        let read = |text: &String| URL_SAFE_NO_PAD.decode(text).ok();
        match (algorithm, &self.material) {
            (Algorithm::Es256, Material::Ec { crv, x, y }) if crv == "P-256" => {
                let (x, y) = (read(x)?, read(y)?);
                if x.len() != COORDINATE || y.len() != COORDINATE {
                    return None;
                }
                let point = [&[UNCOMPRESSED], x.as_slice(), y.as_slice()].concat();
                let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
                Some(key.verify(message, signature).is_ok())
            }
            (Algorithm::Rs256, Material::Rsa { n, e }) => {
                let key = RsaPublicKeyComponents {
                    n: read(n)?,
                    e: read(e)?,
                };
                let outcome = key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature);
                Some(outcome.is_ok())
            }
            _ => None,
        }
    }
}

impl JwkSet {
    /// Reads a key set.
    ///
    /// # Errors
    /// [`JwkError`] if it is not JSON of that form, or has too many keys.
    pub fn parse(json: &[u8]) -> Result<Self, JwkError> {
        #[derive(Deserialize)]
        struct Document {
            keys: Vec<serde_json::Value>,
        }
        let document: Document = serde_json::from_slice(json).map_err(JwkError::Form)?;
        if document.keys.len() > MOST_KEYS {
            return Err(JwkError::TooMany(document.keys.len()));
        }
        let keys = document.keys.into_iter();
        Ok(Self {
            keys: keys
                .filter_map(|key| serde_json::from_value(key).ok())
                .collect(),
        })
    }

    /// Returns the keys that a token's header may mean: those with its name, or all if it has none.
    pub fn candidates(&self, kid: Option<&str>) -> impl Iterator<Item = &Jwk> {
        let keys = self.keys.iter();
        keys.filter(move |key| kid.is_none() || key.kid.as_deref() == kid)
    }
}
