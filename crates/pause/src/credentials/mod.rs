//! The account at PAUSE, and the proof that it is yours.

mod dot_pause;
mod gpg;

pub use dot_pause::{DotPause, DotPauseError};
pub use gpg::GpgError;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use cpan_sigstore_core::{release::PauseId, text::count};
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret as _, SecretSlice};

/// Secret bytes: no `Debug` shows them, and they are wiped when dropped.
pub type Secret = SecretSlice<u8>;

/// An account at PAUSE with its password or token.
#[derive(Clone, Debug)]
pub struct Credentials {
    user: PauseId,
    proof: Proof,
}

#[derive(Clone, Debug)]
enum Proof {
    Password(Secret),
    Token(Secret),
}

/// An invalid PAUSE token. The text is not shown, because it may be a token with a typing error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not three parts.
    #[error("expected `USER:TOKEN-ID:TOKEN`, found another form ({})", count(*.0, "character"))]
    Form(usize),
    /// The first part is no PAUSE id.
    #[error("expected a PAUSE id before the first colon, found something else")]
    User,
}

impl Credentials {
    /// An account and its password.
    pub fn password(user: PauseId, password: Secret) -> Self {
        Self {
            user,
            proof: Proof::Password(password),
        }
    }

    /// A token, `USER:TOKEN-ID:TOKEN`, which names its account.
    ///
    /// # Errors
    /// A text of another form.
    pub fn token(text: &str) -> Result<Self, TokenError> {
        let text = text.trim();
        let parts: Vec<_> = text.split(':').collect();
        let printable = text.bytes().all(|byte| byte.is_ascii_graphic());
        let [user, id, token] = parts[..] else {
            return Err(TokenError::Form(text.chars().count()));
        };
        if id.is_empty() || token.is_empty() || !printable {
            return Err(TokenError::Form(text.chars().count()));
        }
        Ok(Self {
            user: user.parse().map_err(|_| TokenError::User)?,
            proof: Proof::Token(text.as_bytes().to_vec().into()),
        })
    }

    /// The account.
    pub fn user(&self) -> &PauseId {
        &self.user
    }

    /// The text without the secret, its last part and its form in a header.
    pub(crate) fn redact(&self, text: &str) -> String {
        let (Proof::Password(secret) | Proof::Token(secret)) = &self.proof;
        let secret = String::from_utf8_lossy(secret.expose_secret());
        let header = STANDARD.encode(format!("{}:{secret}", self.user));
        let last = secret.rsplit(':').next().unwrap_or_default();
        let mut text = text.to_owned();
        for hidden in [secret.as_ref(), last, header.as_str()] {
            if !hidden.is_empty() {
                text = text.replace(hidden, "[secret]");
            }
        }
        text
    }

    /// Whether the proof is a password, which can do more than upload.
    pub fn has_password(&self) -> bool {
        !self.is_token()
    }

    pub(crate) fn is_token(&self) -> bool {
        matches!(self.proof, Proof::Token(_))
    }

    /// The `Authorization` header (RFC 7617, RFC 6750), marked so that no log shows it.
    pub(crate) fn authorization(&self) -> HeaderValue {
        let text = match &self.proof {
            Proof::Token(token) => [b"Bearer ", token.expose_secret()].concat(),
            Proof::Password(password) => {
                let pair = [
                    self.user.as_str().as_bytes(),
                    b":",
                    password.expose_secret(),
                ]
                .concat();
                format!("Basic {}", STANDARD.encode(pair)).into_bytes()
            }
        };
        // Base64 and the characters of a token always make a header.
        let mut value =
            HeaderValue::from_bytes(&text).unwrap_or_else(|_| HeaderValue::from_static(""));
        value.set_sensitive(true);
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_shows_a_secret() {
        let password = Credentials::password("AUTHOR".parse().unwrap(), b"s3cret".to_vec().into());
        assert_eq!(password.authorization(), "Basic QVVUSE9SOnMzY3JldA==");
        let token = Credentials::token("AUTHOR:17:s3cret\n").unwrap();
        assert_eq!(token.authorization(), "Bearer AUTHOR:17:s3cret");
        for credentials in [password, token] {
            let shown = format!("{credentials:?} {:?}", credentials.authorization());
            assert!(
                !shown.contains("s3cret") && !shown.contains("QVVU"),
                "{shown}"
            );
        }
    }

    #[test]
    fn a_token_with_a_slip_is_refused_and_not_shown() {
        for text in [
            "s3cret",
            "AUTHOR:s3cret",
            "AUTHOR::s3cret",
            "A:1:s3cret",
            "s3cret/x:cr:et",
            "AUTHOR:1:s3 cret",
        ] {
            let error = Credentials::token(text).unwrap_err();
            assert!(!error.to_string().contains("s3"), "{error}");
        }
    }
}
