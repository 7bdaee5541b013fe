//! Requests to the services that sign, with bounded responses.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::{Method, RequestBuilder, Url};
use tokio::time::Instant;

use super::{Services, SignError};
use cpan_sigstore_http::{Answer, Backoff, Http, HttpError};

/// Largest response of a service, in bytes. Real ones have 1 to 20 KiB.
const ANSWER_LIMIT: usize = 1 << 20;

/// A client of the services.
pub(super) struct Requests {
    http: Http,
}

impl Requests {
    pub fn new(services: &Services, backoff: Backoff) -> Result<Self, HttpError> {
        Ok(Self {
            http: Http::for_urls(services.urls())?.with_backoff(backoff),
        })
    }

    /// The same client, which does not try again once a token or certificate has expired.
    pub fn until(&self, expires: Timestamp, now: Timestamp) -> Self {
        let left = expires.duration_since(now);
        let left = Duration::try_from(left).unwrap_or(Duration::ZERO);
        Self {
            http: self.http.clone().until(Instant::now() + left),
        }
    }

    /// Sends a request, with retries if they may help, and reads the response.
    pub async fn send(
        &self,
        method: Method,
        url: &Url,
        build: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Result<Answer, HttpError> {
        let request = build(self.http.request(method, url.clone()));
        let answer = self.http.send(request, ANSWER_LIMIT).await?;
        match answer.misdirected(url) {
            Some(error) => Err(error),
            None => Ok(answer),
        }
    }
}

/// Returns the address of an endpoint.
pub(super) fn endpoint(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
    url
}

/// Returns the error for an unsuccessful response.
pub(super) fn refusal(service: &'static str, url: &Url, answer: &Answer) -> SignError {
    SignError::Status {
        service,
        url: url.to_string(),
        status: answer.status,
        said: answer.excerpt(),
    }
}
