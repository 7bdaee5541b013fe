use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::keys::JwkSet;

const NOW: i64 = 1_800_000_000;

fn claims(changes: Value) -> Map<String, Value> {
    let mut claims = json!({
        "iss": "https://idp.example", "aud": "cpan", "sub": "x", "iat": NOW, "exp": NOW + 300,
    });
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.as_object().unwrap().clone()
}

fn expected(seconds: i64) -> Expected<'static> {
    Expected {
        issuer: "https://idp.example",
        audience: "cpan",
        now: Timestamp::from_second(NOW).unwrap() + SignedDuration::from_secs(seconds),
    }
}

fn key() -> (SigningKey, JwkSet) {
    let (key, _) = SigningKey::generate().unwrap();
    let set = JwkSet {
        keys: vec![key.public()],
    };
    (key, set)
}

#[test]
fn verifies_its_own_token_and_reads_it_after_publication() {
    let (key, set) = key();
    let published = JwkSet::parse(&serde_json::to_vec(&set).unwrap()).unwrap();
    assert_eq!(published, set);
    let token = sign(&key, &claims(json!({}))).unwrap();
    let verified = verify(&token, &published, &expected(0)).unwrap();
    assert_eq!(verified.text("sub"), Some("x"));
    assert_eq!(issuer_claim(&token).unwrap(), "https://idp.example");
}

#[test]
fn rejects_claims_of_another_issuer_audience_or_time() {
    let (key, set) = key();
    for (changes, seconds, error) in [
        (
            json!({ "iss": "https://idp.example/" }),
            0,
            TokenError::Issuer,
        ),
        (json!({ "aud": "cpan2" }), 0, TokenError::Audience),
        (json!({ "aud": ["cpan", "cpan2"] }), 0, TokenError::Audience),
        (json!({ "aud": null }), 0, TokenError::Audience),
        (json!({}), 360, TokenError::Expired),
        (json!({ "exp": null }), 0, TokenError::Expired),
        (json!({}), -61, TokenError::NotYet),
        (json!({ "nbf": NOW + 61 }), 0, TokenError::NotYet),
        (json!({ "nbf": "soon" }), 0, TokenError::NotYet),
        (json!({ "exp": NOW + 86_401 }), 0, TokenError::NotYet),
    ] {
        let token = sign(&key, &claims(changes.clone())).unwrap();
        let outcome = verify(&token, &set, &expected(seconds));
        assert_eq!(outcome.unwrap_err(), error, "{changes} {seconds}");
    }
    for seconds in [-60, 359] {
        let token = sign(&key, &claims(json!({}))).unwrap();
        assert!(
            verify(&token, &set, &expected(seconds)).is_ok(),
            "{seconds}"
        );
    }
}

#[test]
fn rejects_token_without_signature_or_of_another_key() {
    let (key, set) = key();
    let (other, _) = self::key();
    let good = sign(&key, &claims(json!({}))).unwrap();
    let (message, signature) = good.rsplit_once('.').unwrap();
    let header = |header: Value| URL_SAFE_NO_PAD.encode(header.to_string());
    let body = message.split_once('.').unwrap().1;
    let foreign = sign(&other, &claims(json!({}))).unwrap();
    for (token, error) in [
        (message.to_owned(), TokenError::Form),
        (format!("{good}.x"), TokenError::Form),
        (format!("{message}."), TokenError::Signature),
        (
            format!("{}.{body}.{signature}", header(json!({ "alg": "none" }))),
            TokenError::Algorithm,
        ),
        (
            format!("{}.{body}.{signature}", header(json!({ "alg": "HS256" }))),
            TokenError::Algorithm,
        ),
        (
            format!(
                "{}.{body}.{signature}",
                header(json!({ "alg": "ES256", "crit": ["b64"] }))
            ),
            TokenError::Algorithm,
        ),
        (
            format!("{}.{body}.{signature}", header(json!({ "alg": "RS256" }))),
            TokenError::Signature,
        ),
        (
            foreign,
            TokenError::UnknownKey(Some(other.kid().to_owned())),
        ),
    ] {
        assert_eq!(
            verify(&token, &set, &expected(0)).unwrap_err(),
            error,
            "{token}"
        );
    }
}
