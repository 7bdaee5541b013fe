//! The form of consent: bound to the browser that got it, and to the request that it answers.
//!
//! There are no sessions. The form carries the request, and an authenticator over it and over a random cookie that the
//! browser gets with the page. Another site can neither read the cookie nor make a form for it, and a cookie that
//! somebody planted is never taken over: each page comes with a new one.

use aws_lc_rs::{hmac, rand};
use axum::http::{HeaderMap, header};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::request::AuthorizationRequest;
use crate::state::StateError;

/// Time in which a person answers.
const PATIENCE: SignedDuration = SignedDuration::from_mins(10);
/// Random bytes of the key, and of a cookie.
const BYTES: usize = 32;

/// Makes forms and reads them. The key lives as long as the process.
pub(super) struct Forms(hmac::Key);

/// A form, and the cookie that has to come back with it.
pub(super) struct Form {
    pub(super) field: String,
    pub(super) cookie: String,
}

#[derive(Serialize, Deserialize)]
struct Content {
    request: AuthorizationRequest,
    expires: i64,
}

impl Forms {
    /// Creates a new key.
    pub(super) fn new() -> Result<Self, StateError> {
        let mut bytes = [0; BYTES];
        rand::fill(&mut bytes).map_err(|_| StateError::Randomness)?;
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    /// Returns a form for a request, with a new cookie.
    pub(super) fn make(
        &self,
        request: &AuthorizationRequest,
        now: Timestamp,
    ) -> Result<Form, StateError> {
        let mut bytes = [0; BYTES];
        rand::fill(&mut bytes).map_err(|_| StateError::Randomness)?;
        let cookie = URL_SAFE_NO_PAD.encode(bytes);
        let expires = now.saturating_add(PATIENCE).unwrap_or(Timestamp::MAX);
        let content = Content {
            request: request.clone(),
            expires: expires.as_second(),
        };
        let content = serde_json::to_vec(&content)
            .map_err(|error| StateError::Query(sqlx::Error::Encode(error.into())))?;
        let content = URL_SAFE_NO_PAD.encode(content);
        let tag = hmac::sign(&self.0, message(&cookie, &content).as_bytes());
        let field = format!("{content}.{}", URL_SAFE_NO_PAD.encode(tag));
        Ok(Form { field, cookie })
    }

    /// Returns the request of a form that comes from the browser which got it, in time.
    pub(super) fn read(
        &self,
        field: &str,
        cookie: &str,
        now: Timestamp,
    ) -> Option<AuthorizationRequest> {
        let (content, tag) = field.split_once('.')?;
        let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
        hmac::verify(&self.0, message(cookie, content).as_bytes(), &tag).ok()?;
        let content = URL_SAFE_NO_PAD.decode(content).ok()?;
        let content: Content = serde_json::from_slice(&content).ok()?;
        (now.as_second() < content.expires).then_some(content.request)
    }
}

fn message(cookie: &str, content: &str) -> String {
    format!("{cookie}.{content}")
}

/// Returns the name of the cookie. With TLS, its prefix keeps other hosts of the domain from planting one.
pub(super) const fn cookie_name(is_secure: bool) -> &'static str {
    if is_secure {
        "__Host-consent"
    } else {
        "consent"
    }
}

/// Returns the header that sets the cookie.
pub(super) fn set_cookie(form: &Form, is_secure: bool) -> String {
    let name = cookie_name(is_secure);
    let secure = if is_secure { "; Secure" } else { "" };
    format!(
        "{name}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age={}{secure}",
        form.cookie,
        PATIENCE.as_secs()
    )
}

/// Returns the cookie of a request; none if there are two.
pub(super) fn cookie(headers: &HeaderMap, is_secure: bool) -> Option<&str> {
    let lines = headers.get_all(header::COOKIE).iter();
    let cookies = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'));
    let name = cookie_name(is_secure);
    let mut found = cookies.filter_map(|cookie| {
        let (found, value) = cookie.trim().split_once('=')?;
        (found == name).then_some(value)
    });
    let first = found.next();
    first.filter(|_| found.next().is_none())
}
