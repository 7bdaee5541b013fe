//! Tokens of other issuers, verified strictly.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::keys::{Algorithm, JwkSet};

/// Longest token, in bytes.
const LONGEST_TOKEN: usize = 16 * 1024;
/// Tolerated difference between two clocks.
const SKEW: SignedDuration = SignedDuration::from_secs(60);
/// Longest lifetime that is believed.
const LONGEST_LIFE: SignedDuration = SignedDuration::from_hours(24);

/// The expected claims of a token, and the time.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// `iss`, to the letter.
    pub issuer: &'a str,
    /// The only `aud`.
    pub audience: &'a str,
    /// The time.
    pub now: Timestamp,
}

/// The claims of a token whose signature, issuer, audience and times are valid. Only [`verify`] creates one.
#[derive(Clone, Debug)]
pub struct VerifiedToken {
    claims: Map<String, Value>,
    expires: Timestamp,
}

/// Why a token is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It is no signed token in compact form, or too long.
    #[error(
        "invalid token: expected three parts in base64url with JSON, at most {LONGEST_TOKEN} bytes"
    )]
    Form,
    /// Its algorithm is not accepted, or its header demands an extension.
    #[error("invalid token: expected the algorithm ES256 or RS256 and no critical extension")]
    Algorithm,
    /// No key of the issuer has the name in the header.
    #[error("invalid token: no key of its issuer has the name `{}`", .0.as_deref().unwrap_or_default())]
    UnknownKey(Option<String>),
    /// The signature is not that of any such key.
    #[error("invalid token: its signature is not its issuer's")]
    Signature,
    /// The issuer is another one.
    #[error("invalid token: it has another issuer")]
    Issuer,
    /// The audience is another one, or one of several.
    #[error("invalid token: it is for another audience")]
    Audience,
    /// It has expired, or does not say when it does.
    #[error("invalid token: it has expired")]
    Expired,
    /// It is not valid yet, or lives too long.
    #[error("invalid token: it is not valid yet, or lives longer than a day")]
    NotYet,
}

#[derive(Deserialize)]
struct Header {
    alg: Value,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default)]
    crit: Option<Value>,
}

/// Returns the claims of a token that is valid for `expected`.
///
/// # Errors
/// [`TokenError`] that states the first reason why it is not.
pub fn verify(
    token: &str,
    keys: &JwkSet,
    expected: &Expected<'_>,
) -> Result<VerifiedToken, TokenError> {
    let [header, claims, signature] = parts(token)?;
    let header: Header = decode(header)?;
    let algorithm = match header.alg.as_str() {
        Some("ES256") if header.crit.is_none() => Algorithm::Es256,
        Some("RS256") if header.crit.is_none() => Algorithm::Rs256,
        _ => return Err(TokenError::Algorithm),
    };
    let message = &token[..token.len() - signature.len() - 1];
    let signature = URL_SAFE_NO_PAD
        .decode(signature)
        .map_err(|_| TokenError::Form)?;
    let mut candidates = keys.candidates(header.kid.as_deref()).peekable();
    if candidates.peek().is_none() {
        return Err(TokenError::UnknownKey(header.kid.clone()));
    }
    if !candidates.any(|key| key.verifies(algorithm, message.as_bytes(), &signature)) {
        return Err(TokenError::Signature);
    }
    check(decode(claims)?, expected)
}

/// Returns the `iss` that a token claims, before anything is verified: to choose the key set.
///
/// # Errors
/// [`TokenError::Form`] if it has none.
pub fn issuer_claim(token: &str) -> Result<String, TokenError> {
    let [_, claims, _] = parts(token)?;
    let claims: Map<String, Value> = decode(claims)?;
    text(&claims, "iss")
        .map(str::to_owned)
        .ok_or(TokenError::Form)
}

/// Returns the name of the key that a token claims, before anything is verified: to fetch the key.
///
/// # Errors
/// [`TokenError::Form`] if it has no header.
pub fn key_name(token: &str) -> Result<Option<String>, TokenError> {
    let [header, _, _] = parts(token)?;
    let header: Header = decode(header)?;
    Ok(header.kid)
}

fn check(claims: Map<String, Value>, expected: &Expected<'_>) -> Result<VerifiedToken, TokenError> {
    if text(&claims, "iss") != Some(expected.issuer) {
        return Err(TokenError::Issuer);
    }
    let audience = match claims.get("aud") {
        Some(Value::Array(list)) if list.len() == 1 => list[0].as_str(),
        Some(Value::String(audience)) => Some(audience.as_str()),
        _ => None,
    };
    if audience != Some(expected.audience) {
        return Err(TokenError::Audience);
    }
    let expires = time(&claims, "exp").ok_or(TokenError::Expired)?;
    if expires
        .saturating_add(SKEW)
        .is_ok_and(|end| end <= expected.now)
    {
        return Err(TokenError::Expired);
    }
    let issued = time(&claims, "iat").ok_or(TokenError::NotYet)?;
    let from = if claims.contains_key("nbf") {
        time(&claims, "nbf").ok_or(TokenError::NotYet)?.max(issued)
    } else {
        issued
    };
    let latest = expected.now.saturating_add(SKEW).unwrap_or(Timestamp::MAX);
    if from > latest || expires.duration_since(issued) > LONGEST_LIFE {
        return Err(TokenError::NotYet);
    }
    Ok(VerifiedToken { claims, expires })
}

impl VerifiedToken {
    /// Returns a claim that is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        text(&self.claims, name)
    }

    /// Returns all claims.
    pub const fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// Returns the time at which it expires.
    pub const fn expires(&self) -> Timestamp {
        self.expires
    }
}

fn parts(token: &str) -> Result<[&str; 3], TokenError> {
    if token.len() > LONGEST_TOKEN {
        return Err(TokenError::Form);
    }
    let parts: Vec<&str> = token.split('.').collect();
    parts.try_into().map_err(|_| TokenError::Form)
}

fn decode<T: serde::de::DeserializeOwned>(part: &str) -> Result<T, TokenError> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenError::Form)?;
    let value = cpan_sigstore_core::json::parse_object(&bytes).map_err(|_| TokenError::Form)?;
    serde_json::from_value(value).map_err(|_| TokenError::Form)
}

fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str)
}

/// Returns a claim that is a time in whole or fractional seconds.
fn time(claims: &Map<String, Value>, name: &str) -> Option<Timestamp> {
    let value = claims.get(name)?;
    #[allow(clippy::cast_possible_truncation)]
    let seconds = value
        .as_i64()
        .or_else(|| value.as_f64().map(|s| s as i64))?;
    Timestamp::from_second(seconds).ok()
}
