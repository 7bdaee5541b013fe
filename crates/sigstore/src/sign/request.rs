//! Asking a service, with a limit on its answer, and again where that may help.

use std::time::Duration;

use reqwest::{
    Method, RequestBuilder, Url,
    header::{HeaderMap, RETRY_AFTER},
};

use super::{Services, SignError};
use crate::http::{Answer, Http, HttpError};

/// Largest answer of a service, in bytes. Real ones have 1 to 20 KiB.
const ANSWER_LIMIT: usize = 1 << 20;
/// Longest wait that a service may ask for before the next try.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// How long to wait before each further try.
#[derive(Clone, Debug)]
pub struct Backoff(Vec<Duration>);

impl Backoff {
    /// Waits of these lengths; one try more than there are waits.
    pub fn new(waits: Vec<Duration>) -> Self {
        Self(waits)
    }
}

impl Default for Backoff {
    /// Five tries within eight seconds.
    fn default() -> Self {
        Self([500, 1000, 2000, 4000].map(Duration::from_millis).to_vec())
    }
}

/// Asks services.
pub(super) struct Requests {
    http: Http,
    backoff: Backoff,
}

impl Requests {
    pub fn new(services: &Services, backoff: Backoff) -> Result<Self, HttpError> {
        Ok(Self {
            http: Http::for_urls(services.urls())?,
            backoff,
        })
    }

    /// Sends a request until there is an answer that trying again would not change.
    pub async fn send(
        &self,
        method: Method,
        url: &Url,
        build: impl Fn(RequestBuilder) -> RequestBuilder,
    ) -> Result<Answer, HttpError> {
        let mut waits = self.backoff.0.iter();
        loop {
            let request = build(self.http.request(method.clone(), url.clone()));
            let answer = self.http.send(request, ANSWER_LIMIT).await;
            let again = match &answer {
                Ok(answer) => is_transient(answer.status),
                Err(error) => error.is_transient(),
            };
            match waits.next() {
                Some(wait) if again => {
                    let asked = answer
                        .as_ref()
                        .ok()
                        .and_then(|answer| asked_wait(&answer.headers));
                    tokio::time::sleep(asked.unwrap_or(*wait).min(LONGEST_WAIT)).await;
                }
                _ => return answer,
            }
        }
    }
}

/// Whether a status is of a kind that passes: too many requests, or trouble at the server.
pub(super) fn is_transient(status: u16) -> bool {
    matches!(status, 408 | 429 | 500 | 502..=504)
}

/// The wait in seconds that a service asks for.
fn asked_wait(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// The address of an endpoint of a service.
pub(super) fn endpoint(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
    url
}

/// The error for an answer that is no success.
pub(super) fn refusal(service: &'static str, url: &Url, answer: &Answer) -> SignError {
    SignError::Status {
        service,
        url: url.to_string(),
        status: answer.status,
        said: answer.excerpt(),
    }
}
