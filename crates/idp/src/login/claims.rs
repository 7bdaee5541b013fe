//! The claims of an ID token.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

/// Lifetime of an ID token.
pub const TOKEN_LIFE: SignedDuration = SignedDuration::from_secs(300);

/// Returns the claims of an ID token. There is no `email`: PAUSE verifies no address.
pub fn id_token_claims(
    issuer: &str,
    subject: &str,
    audience: &str,
    times: (Timestamp, i64),
    nonce: Option<&str>,
    amr: &str,
) -> Map<String, Value> {
    let (now, auth_time) = times;
    let mut claims = Map::new();
    let mut put = |name: &str, value: Value| {
        claims.insert(name.to_owned(), value);
    };
    put("iss", issuer.into());
    put("sub", subject.into());
    put("aud", audience.into());
    put("iat", now.as_second().into());
    put("exp", (now.as_second() + TOKEN_LIFE.as_secs()).into());
    put("auth_time", auth_time.into());
    put("amr", vec![Value::from(amr)].into());
    if let Some(nonce) = nonce {
        put("nonce", nonce.into());
    }
    claims
}
