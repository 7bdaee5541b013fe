//! Verifies an ID token with its provider's published keys (OpenID Connect Core, 3.1.3.7).

use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use jiff::Timestamp;
use p256::ecdsa::signature::Verifier;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::identity::Claims;
use crate::rejection::Rejection;

/// Audience of tokens for a certificate.
const AUDIENCE: &str = "sigstore";

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
}

/// Claims that are checked before the subject is read.
#[derive(Deserialize)]
struct Envelope {
    iss: String,
    aud: Audience,
    exp: i64,
    iat: Option<i64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    fn includes(&self, audience: &str) -> bool {
        match self {
            Self::One(one) => one == audience,
            Self::Several(several) => several.iter().any(|one| one == audience),
        }
    }
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct EllipticKey {
    crv: String,
    x: String,
    y: String,
    kid: Option<String>,
}

/// A compact JSON Web Signature, not yet verified.
pub(super) struct Token<'a> {
    signed: &'a str,
    signature: Vec<u8>,
    header: Header,
    payload: Vec<u8>,
    envelope: Envelope,
}

impl<'a> Token<'a> {
    pub(super) fn parse(token: &'a str) -> Result<Self, Rejection> {
        let broken = || Rejection::bad_request("the identity token is not a JSON Web Token");
        let (signed, signature) = token.rsplit_once('.').ok_or_else(broken)?;
        let (header, payload) = signed.split_once('.').ok_or_else(broken)?;
        let decode = |part| BASE64URL.decode(part).map_err(|_| broken());
        let payload = decode(payload)?;
        Ok(Self {
            signed,
            signature: decode(signature)?,
            header: serde_json::from_slice(&decode(header)?).map_err(|_| broken())?,
            envelope: serde_json::from_slice(&payload).map_err(|_| broken())?,
            payload,
        })
    }

    /// Returns the stated issuer.
    pub(super) fn issuer(&self) -> &str {
        &self.envelope.iss
    }

    /// Checks the signature with the keys that `issuer` publishes, then audience and time.
    pub(super) async fn verify(
        &self,
        issuer: &str,
        http: &reqwest::Client,
        now: Timestamp,
    ) -> Result<Claims, Rejection> {
        if self.header.alg != "ES256" {
            return Err(Rejection::bad_request(format!(
                "the identity token is signed with {}, expected ES256",
                self.header.alg
            )));
        }
        let keys = published_keys(issuer, http).await?;
        if !keys.iter().any(|key| self.is_signed_with(key)) {
            return Err(Rejection::bad_request(
                "the identity token is not signed by its issuer",
            ));
        }
        if !self.envelope.aud.includes(AUDIENCE) {
            return Err(Rejection::bad_request(
                "the identity token is not for sigstore",
            ));
        }
        if self.envelope.exp <= now.as_second() {
            return Err(Rejection::bad_request("the identity token has expired"));
        }
        // Fulcio allows the same clock difference.
        if self
            .envelope
            .iat
            .is_some_and(|issued| issued > now.as_second() + 300)
        {
            return Err(Rejection::bad_request(
                "the identity token is from the future",
            ));
        }
        serde_json::from_slice(&self.payload)
            .map_err(|_| Rejection::bad_request("the identity token has no subject"))
    }

    fn is_signed_with(&self, key: &EllipticKey) -> bool {
        if self.header.kid.is_some() && self.header.kid != key.kid {
            return false;
        }
        let Ok(signature) = p256::ecdsa::Signature::from_slice(&self.signature) else {
            return false;
        };
        verifying_key(key).is_some_and(|key| key.verify(self.signed.as_bytes(), &signature).is_ok())
    }
}

fn verifying_key(key: &EllipticKey) -> Option<p256::ecdsa::VerifyingKey> {
    let coordinate = |text| {
        BASE64URL
            .decode(text)
            .ok()
            .filter(|bytes| bytes.len() == 32)
    };
    if key.crv != "P-256" {
        return None;
    }
    let point = [vec![4], coordinate(&key.x)?, coordinate(&key.y)?].concat();
    p256::ecdsa::VerifyingKey::from_sec1_bytes(&point).ok()
}

async fn published_keys(
    issuer: &str,
    http: &reqwest::Client,
) -> Result<Vec<EllipticKey>, Rejection> {
    let address = format!("{issuer}/.well-known/openid-configuration");
    let discovery: Discovery = fetch(http, &address).await?;
    if discovery.issuer != issuer {
        return Err(Rejection::bad_request(format!(
            "the provider calls itself {}, expected {issuer}",
            discovery.issuer
        )));
    }
    let set: KeySet = fetch(http, &discovery.jwks_uri).await?;
    // Other key types are not supported.
    Ok(set
        .keys
        .into_iter()
        .filter_map(|key| serde_json::from_value(key).ok())
        .collect())
}

async fn fetch<T: DeserializeOwned>(http: &reqwest::Client, address: &str) -> Result<T, Rejection> {
    let answer = async {
        http.get(address)
            .send()
            .await?
            .error_for_status()?
            .json()
            .await
    };
    answer.await.map_err(|error: reqwest::Error| Rejection {
        status: StatusCode::BAD_GATEWAY,
        message: format!("the identity provider does not respond: {error}"),
    })
}
