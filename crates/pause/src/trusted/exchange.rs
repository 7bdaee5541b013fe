//! The exchange of one PAUSE: found by a document, and asked for tokens.

use cpan_sigstore_core::{json, release::PauseId, text::without_credentials};
use cpan_sigstore_http::{Answer, Http};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, Url, header::AUTHORIZATION};
use serde_json::{Value, json};

use super::{ExchangeError, MintedToken, Refusal, Registrations, shown};
use crate::{credentials::Credentials, server::Pause};

/// The path of the document.
pub const WELL_KNOWN: &str = "/.well-known/pause-trusted-publishing";
/// The version of the document that this program reads.
const VERSION: u64 = 1;
/// Largest response, in bytes.
const ANSWER_LIMIT: usize = 16 * 1024;
/// Longest life of an upload token that is believed.
const LONGEST_LIFE: SignedDuration = SignedDuration::from_hours(24);

/// The exchange of one PAUSE.
///
/// # Security
///
/// Its address is at the server of the upload form. The audience is that server, too, by the rule of the standard and
/// not by the document: a hostile server could else collect tokens for another one.
#[derive(Clone, Debug)]
pub struct Exchange {
    http: Http,
    url: Url,
    registrations: Url,
    host: String,
    audience: String,
}

impl Exchange {
    /// Reads the document of a PAUSE; `None` if it has none.
    ///
    /// # Errors
    /// [`ExchangeError`] if the document is unusable or names another server, or there is no response.
    pub async fn discover(pause: &Pause, http: Http) -> Result<Option<Self>, ExchangeError> {
        let mut url = pause.form().clone();
        url.set_path(WELL_KNOWN);
        url.set_query(None);
        url.set_fragment(None);
        let host = pause.host().to_owned();
        let answer = http
            .send(http.request(Method::GET, url.clone()), ANSWER_LIMIT)
            .await?;
        refuse_redirect(&answer, &host)?;
        if matches!(answer.status, 404 | 410) {
            return Ok(None);
        }
        let unusable = |found: String| ExchangeError::Answer {
            host: host.clone(),
            expected: "the document of trusted publishing",
            found,
        };
        if !answer.is_success() {
            return Err(unusable(format!("status {}", answer.status)));
        }
        let document = json::parse_object(&answer.body)
            .map_err(|error| unusable(shown(&error.to_string())))?;
        if document["version"].as_u64() != Some(VERSION) {
            return Err(unusable("another version".to_owned()));
        }
        let place = |name: &str| same_server(document[name].as_str(), &url, &host);
        Ok(Some(Self {
            url: place("exchange")?,
            registrations: place("registrations")?,
            audience: url.origin().ascii_serialization(),
            http,
            host: host.clone(),
        }))
    }

    /// Returns the registrations of an account, which has to have a password.
    pub fn registrations<'a>(&'a self, credentials: &'a Credentials) -> Registrations<'a> {
        Registrations::new(&self.http, &self.registrations, &self.host, credentials)
    }

    /// Returns the audience that a CI job's token has to have: the origin of PAUSE.
    pub fn audience(&self) -> &str {
        &self.audience
    }

    /// Returns the host of PAUSE, for people.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Exchanges the token of a CI job for an upload token, of this author if one is named.
    ///
    /// # Errors
    /// [`ExchangeError`] if PAUSE refuses, or its response is unusable.
    pub async fn redeem(
        &self,
        token: &str,
        user: Option<&PauseId>,
        now: Timestamp,
    ) -> Result<MintedToken, ExchangeError> {
        let body = match user {
            Some(user) => json!({ "token": token, "user": user.as_str() }),
            None => json!({ "token": token }),
        };
        let request = self
            .http
            .request(Method::POST, self.url.clone())
            .json(&body);
        let answer = self.http.send(request, ANSWER_LIMIT).await?;
        refuse_redirect(&answer, &self.host)?;
        let parsed = json::parse_object(&answer.body).unwrap_or_default();
        if !answer.is_success() {
            return Err(match parsed["error"].as_str() {
                Some(code) => ExchangeError::Refused {
                    host: self.host.clone(),
                    refusal: Refusal::of(code),
                },
                None => self.unusable(format!("status {}", answer.status)),
            });
        }
        let minted = self.minted(&parsed, now)?;
        match user {
            Some(expected) if expected != minted.credentials.user() => Err(ExchangeError::User {
                expected: expected.clone(),
                found: minted.credentials.user().clone(),
            }),
            _ => Ok(minted),
        }
    }

    fn minted(&self, answer: &Value, now: Timestamp) -> Result<MintedToken, ExchangeError> {
        let token = answer["token"].as_str().unwrap_or_default();
        // The error would describe a secret.
        let credentials = Credentials::token(token)
            .map_err(|_| self.unusable("a token of another form".to_owned()))?;
        let expires = answer["expires"]
            .as_str()
            .and_then(|text| text.parse().ok());
        let latest = now.saturating_add(LONGEST_LIFE).unwrap_or(Timestamp::MAX);
        match expires {
            Some(expires) if now < expires && expires <= latest => Ok(MintedToken {
                credentials,
                expires,
            }),
            _ => Err(self.unusable("no time within a day at which it expires".to_owned())),
        }
    }

    /// Ends the validity of an upload token.
    ///
    /// # Errors
    /// [`ExchangeError`] without a confirmation.
    pub async fn revoke(&self, minted: &MintedToken) -> Result<(), ExchangeError> {
        let request = self
            .http
            .request(Method::DELETE, self.url.clone())
            .header(AUTHORIZATION, minted.credentials.authorization());
        let answer = self.http.send(request, ANSWER_LIMIT).await?;
        match answer.is_success() {
            true => Ok(()),
            false => Err(self.unusable(format!("status {}", answer.status))),
        }
    }

    fn unusable(&self, found: String) -> ExchangeError {
        ExchangeError::Answer {
            host: self.host.clone(),
            expected: "an upload token",
            found,
        }
    }
}

/// Returns an address of the document, which is at the server of the document itself.
fn same_server(named: Option<&str>, document: &Url, host: &str) -> Result<Url, ExchangeError> {
    let named = named.unwrap_or_default();
    let expected = document.origin();
    // The server is the one of the upload form, so this is `https`, or `http` to this machine.
    match Url::parse(named) {
        Ok(url)
            if url.origin() == expected
                && url.username().is_empty()
                && url.password().is_none() =>
        {
            Ok(url)
        }
        _ => Err(ExchangeError::Elsewhere {
            host: host.to_owned(),
            expected: expected.ascii_serialization(),
            found: shown(&without_credentials(named)),
        }),
    }
}

/// A redirect is never followed: the request holds a secret.
fn refuse_redirect(answer: &Answer, host: &str) -> Result<(), ExchangeError> {
    match answer.status {
        300..=399 => Err(ExchangeError::Redirect {
            host: host.to_owned(),
        }),
        _ => Ok(()),
    }
}
