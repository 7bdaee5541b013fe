//! The text of every error, with sample data.

use crate::{
    keys::{JwkError, JwkSet, SigningKeyError},
    tokens::TokenError,
};

#[test]
fn states_each_error() {
    let errors: Vec<String> = keys().into_iter().chain(tokens()).collect();
    insta::assert_snapshot!(errors.join("\n"));
}

fn keys() -> Vec<String> {
    let form = JwkSet::parse(b"[]").unwrap_err();
    [
        form.to_string(),
        JwkError::TooMany(65).to_string(),
        SigningKeyError::Create.to_string(),
        SigningKeyError::Form.to_string(),
        SigningKeyError::Sign.to_string(),
    ]
    .into()
}

fn tokens() -> Vec<String> {
    [
        TokenError::Form,
        TokenError::Algorithm,
        TokenError::UnknownKey(Some("sandbox-1".to_owned())),
        TokenError::Signature,
        TokenError::Issuer,
        TokenError::Audience,
        TokenError::Expired,
        TokenError::NotYet,
    ]
    .map(|error| error.to_string())
    .into()
}
