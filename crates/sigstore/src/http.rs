//! The one HTTP client. Every body is read with a limit, and no redirect is followed.

use std::time::Duration;

use cpan_sigstore_core::text::printable;
use reqwest::{
    Method, Response, Url,
    header::{HeaderMap, RETRY_AFTER},
};

/// Longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest wait for a whole answer; a Rekor v2 log answers only after the entry is in its tree.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
/// What this program calls itself.
const USER_AGENT: &str = concat!("cpan-sigstore/", env!("CARGO_PKG_VERSION"));

/// Longest wait that a service may ask for before the next try.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// How long to wait before each further try of a request that may succeed later.
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

/// An HTTP client. Cheap to clone; clones share connections.
///
/// A request that fails in a way that passes is sent again, with growing waits.
///
/// # Security
///
/// Redirects are not followed: a service that is configured by its address is asked at this address
/// and at no other, and no token is carried elsewhere.
#[derive(Clone, Debug)]
pub struct Http {
    client: reqwest::Client,
    backoff: Backoff,
}

/// An answer, whatever its status, with its whole body.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, within the limit that was given.
    pub body: Vec<u8>,
}

impl Answer {
    /// Whether the status is one of success (2xx).
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The start of the body as one line, for an error message.
    pub fn excerpt(&self) -> String {
        excerpt(&self.body)
    }
}

/// A request that got no usable answer.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The client could not be made, for example because the system has no CA certificates.
    #[error(
        "no HTTPS connection can be made from this system: {0}; install the package of CA certificates (`ca-certificates`)"
    )]
    Client(String),
    /// No connection, or it broke before the answer was whole.
    #[error("expected an answer from {url}, but the connection failed: {reason}")]
    Connection {
        /// What was asked.
        url: String,
        /// Why there was no answer.
        reason: String,
    },
    /// The answer did not come in time.
    #[error("expected an answer from {url} within {} seconds, found none", REQUEST_TIMEOUT.as_secs())]
    Timeout {
        /// What was asked.
        url: String,
    },
    /// It answers that it cannot answer now.
    #[error("expected {url} to answer, found status {status}: {said}")]
    Unavailable {
        /// What was asked.
        url: String,
        /// The HTTP status.
        status: u16,
        /// The start of what it said.
        said: String,
    },
    /// The body is larger than an answer of this kind need be.
    #[error("expected an answer of at most {limit} bytes from {url}, found more")]
    TooLarge {
        /// What was asked.
        url: String,
        /// The limit in bytes.
        limit: usize,
    },
}

impl HttpError {
    /// Whether asking again may help.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Connection { .. } | Self::Timeout { .. } | Self::Unavailable { .. }
        )
    }
}

impl Http {
    /// A client for the given addresses.
    ///
    /// The system's CA certificates are read only if one of the addresses is `https`: they cost
    /// milliseconds. Without them every `https` connection fails.
    ///
    /// # Errors
    /// [`HttpError::Client`] where TLS cannot be set up.
    pub fn for_urls<'a>(urls: impl IntoIterator<Item = &'a str>) -> Result<Self, HttpError> {
        let mut builder = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(REQUEST_TIMEOUT);
        if !urls.into_iter().any(|url| url.starts_with("https:")) {
            builder = builder.tls_certs_only([]);
        }
        let client = builder
            .build()
            .map_err(|error| HttpError::Client(with_sources(&error)))?;
        Ok(Self {
            client,
            backoff: Backoff::default(),
        })
    }

    /// The same client with other waits.
    #[must_use]
    pub fn with_backoff(self, backoff: Backoff) -> Self {
        Self { backoff, ..self }
    }

    /// The client itself, for libraries that take one.
    pub fn client(&self) -> &reqwest::Client {
        &self.client
    }

    /// Starts a request; finish it with [`Http::send`].
    pub fn request(&self, method: Method, url: Url) -> reqwest::RequestBuilder {
        self.client.request(method, url)
    }

    /// Sends a request and reads its whole answer.
    ///
    /// # Errors
    /// Where there is no whole answer of at most `limit` bytes, or one that says to come again. Any
    /// other status is no error here.
    pub async fn send(
        &self,
        request: reqwest::RequestBuilder,
        limit: usize,
    ) -> Result<Answer, HttpError> {
        let request = request.build().map_err(|error| HttpError::Connection {
            url: error.url().map(shown).unwrap_or_default(),
            reason: with_sources(&error),
        })?;
        self.execute(request, limit).await
    }

    /// As [`Http::send`], for a request that is already built.
    pub async fn execute(
        &self,
        request: reqwest::Request,
        limit: usize,
    ) -> Result<Answer, HttpError> {
        let mut waits = self.backoff.0.iter();
        loop {
            // Only a body that is a stream cannot be sent twice.
            let Some(again) = request.try_clone() else {
                return self.once(request, limit).await;
            };
            let url = shown(request.url());
            let (error, asked) = match self.once(again, limit).await {
                Ok(answer) if passes(answer.status) => {
                    (unavailable(url, &answer), asked_wait(&answer))
                }
                Err(error) if error.is_transient() => (error, None),
                decided => return decided,
            };
            let Some(wait) = waits.next() else {
                return Err(error);
            };
            tokio::time::sleep(asked.unwrap_or(*wait).min(LONGEST_WAIT)).await;
        }
    }

    async fn once(&self, request: reqwest::Request, limit: usize) -> Result<Answer, HttpError> {
        let url = shown(request.url());
        let response = self
            .client
            .execute(request)
            .await
            .map_err(|error| failed(&url, &error))?;
        read(response, &url, limit).await
    }
}

/// Whether a status is of a kind that passes: too many requests, or trouble at the server.
fn passes(status: u16) -> bool {
    matches!(status, 408 | 429 | 500 | 502..=504)
}

fn unavailable(url: String, answer: &Answer) -> HttpError {
    HttpError::Unavailable {
        url,
        status: answer.status,
        said: answer.excerpt(),
    }
}

/// The wait in seconds that a service asks for (RFC 9110, section 10.2.3).
fn asked_wait(answer: &Answer) -> Option<Duration> {
    let seconds = answer.headers.get(RETRY_AFTER)?.to_str().ok()?;
    Some(Duration::from_secs(seconds.parse().ok()?))
}

async fn read(mut response: Response, url: &str, limit: usize) -> Result<Answer, HttpError> {
    let too_large = || HttpError::TooLarge {
        url: url.to_owned(),
        limit,
    };
    if response
        .content_length()
        .is_some_and(|length| length > limit as u64)
    {
        return Err(too_large());
    }
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| failed(url, &error))?
    {
        if body.len() + chunk.len() > limit {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        body,
    })
}

fn failed(url: &str, error: &reqwest::Error) -> HttpError {
    let url = url.to_owned();
    if error.is_timeout() {
        HttpError::Timeout { url }
    } else {
        HttpError::Connection {
            url,
            reason: with_sources(error),
        }
    }
}

/// An address without its query, which may carry a secret.
fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    // Only addresses that cannot have a password refuse this.
    let _ = url.set_password(None);
    url.to_string()
}

/// The most telling part of an error: its innermost source.
fn with_sources(error: &reqwest::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

/// The start of a body as one printable line.
fn excerpt(body: &[u8]) -> String {
    const LENGTH: usize = 200;
    let text = String::from_utf8_lossy(&body[..body.len().min(4 * LENGTH)]);
    let text: String = printable(&text).chars().take(LENGTH).collect();
    text.trim().to_owned()
}
