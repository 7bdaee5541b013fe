//! The time of a service.

use reqwest::{Method, Url, header::DATE};

use crate::{Backoff, Http};

/// Largest response of which the date is read, in bytes.
const LIMIT: usize = 256 * 1024;

impl Http {
    /// Returns the `Date` header of a service's response. It is one try: the date only explains another error.
    pub async fn date(self, url: &str) -> Option<String> {
        let http = self.with_backoff(Backoff::new(Vec::new()));
        let request = http.request(Method::GET, Url::parse(url).ok()?);
        let answer = http.send(request, LIMIT).await.ok()?;
        Some(answer.headers.get(DATE)?.to_str().ok()?.to_owned())
    }
}
