//! Asking a service that signs, with a limit on its answer.

use reqwest::{Method, RequestBuilder, Url};

use super::{Services, SignError};
use cpan_sigstore_http::{Answer, Backoff, Http, HttpError};

/// Largest answer of a service, in bytes. Real ones have 1 to 20 KiB.
const ANSWER_LIMIT: usize = 1 << 20;

/// Asks services.
pub(super) struct Requests {
    http: Http,
}

impl Requests {
    pub fn new(services: &Services, backoff: Backoff) -> Result<Self, HttpError> {
        Ok(Self {
            http: Http::for_urls(services.urls())?.with_backoff(backoff),
        })
    }

    /// Sends a request, again where that may help, and reads its answer.
    pub async fn send(
        &self,
        method: Method,
        url: &Url,
        build: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Result<Answer, HttpError> {
        let request = build(self.http.request(method, url.clone()));
        self.http.send(request, ANSWER_LIMIT).await
    }
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
