//! Hints for failed logins. The login itself reports data; flags are named only here.

use cpan_sigstore_keyless::login::{LoginError, TokenError};

use super::network_hint::after_request;

/// Returns what the person can do after a failed login.
pub fn after_login(error: &LoginError) -> Option<&'static str> {
    match error {
        LoginError::NoDeviceFlow { .. } => {
            Some("log in with the browser, or copy a code with `--out-of-band`")
        }
        LoginError::Listen(_) => Some("log in on another device with `--device`"),
        LoginError::TimedOut(_)
        | LoginError::DeviceCodeExpired
        | LoginError::StateMismatch
        | LoginError::NonceMismatch => Some("nothing was signed; run the same command again"),
        LoginError::Token(error) | LoginError::Variable { source: error, .. } => after_token(error),
        LoginError::Http(error) => after_request(error),
        _ => None,
    }
}

/// Returns what the person can do about an unusable identity token.
pub fn after_token(error: &TokenError) -> Option<&'static str> {
    match error {
        TokenError::Expired { .. } => Some("log in again, or get a new token"),
        TokenError::EmailNotVerified { .. } => {
            Some("verify the address at the provider, or log in with another account")
        }
        TokenError::Form(_) => {
            Some("name a whole identity token, or a file with one, or log in without a token")
        }
        TokenError::Audience { .. } => {
            Some("request a token for the audience of this instance, or log in without a token")
        }
    }
}
