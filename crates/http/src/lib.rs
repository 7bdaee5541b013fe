//! The one HTTP client. It reads every body with a limit, and follows no redirect.
//!
//! - [`Http::send`]: a request and its whole response.
//! - [`Http::send_each`]: the same for a request whose body is a stream.
//! - [`Http::file`] and [`Http::digest`]: a small file, and the digest of a large one.
//! - [`Http::download`]: a large file, written to the disk unless it is unchanged.
//! - [`is_protected`]: the addresses to which a secret may be sent.

mod address;
mod answer;
mod backoff;
mod download;
mod error;

pub use address::is_protected;
pub use answer::Answer;
pub use backoff::Backoff;
pub use download::{Download, Validators};
pub use error::HttpError;

use std::time::Duration;

use reqwest::{Method, Request, RequestBuilder, Response, Url};

use crate::{
    backoff::asked_wait,
    error::{connection, failed, shown},
};

/// Longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest wait for a whole response, and for the next part of a file. A Rekor v2 log answers only
/// after the entry is in its tree.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
/// Longest time of a download.
const FILE_TIMEOUT: Duration = Duration::from_secs(4 * 3600);
/// The name that this program sends.
const USER_AGENT: &str = concat!("cpan-sigstore/", env!("CARGO_PKG_VERSION"));

/// An HTTP client. Cheap to clone; clones share connections.
///
/// It sends a request again after a transient failure, with growing waits.
///
/// # Security
///
/// It follows no redirect: a request goes to the configured address and no other, and so does a token.
#[derive(Clone, Debug)]
pub struct Http {
    client: reqwest::Client,
    backoff: Backoff,
}

impl Http {
    /// A client for the given addresses.
    ///
    /// It reads the system's CA certificates only if one of the addresses is `https`, as that takes
    /// milliseconds. Without them every `https` connection fails.
    ///
    /// # Errors
    /// [`HttpError::Client`] if TLS cannot be set up.
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
            .map_err(|error| HttpError::Client(error::innermost(&error)))?;
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

    /// The inner client, for libraries that take one.
    pub fn client(&self) -> &reqwest::Client {
        &self.client
    }

    /// Starts a request; finish it with [`Http::send`].
    pub fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.client.request(method, url)
    }

    /// Sends a request and reads its whole response. A status is no error here, unless it is transient.
    ///
    /// # Errors
    /// [`HttpError`] if there is no whole response of at most `limit` bytes, or the service is unavailable.
    pub async fn send(&self, request: RequestBuilder, limit: usize) -> Result<Answer, HttpError> {
        let request = request.build().map_err(|error| connection(&error))?;
        self.execute(request, limit).await
    }

    /// As [`Http::send`], for a request that is already built.
    ///
    /// # Errors
    /// As [`Http::send`].
    pub async fn execute(&self, request: Request, limit: usize) -> Result<Answer, HttpError> {
        let again = || {
            request.try_clone().ok_or_else(|| HttpError::Request {
                url: shown(request.url()),
                reason: "expected a body that can be sent again, found a stream".to_owned(),
            })
        };
        self.send_each(again, limit).await
    }

    /// As [`Http::send`], for a request that is created for each try, which a body that is a stream needs.
    ///
    /// # Errors
    /// As [`Http::send`], and [`HttpError::Request`] if the request cannot be created.
    pub async fn send_each(
        &self,
        mut request: impl FnMut() -> Result<Request, HttpError>,
        limit: usize,
    ) -> Result<Answer, HttpError> {
        let mut waits = self.backoff.waits();
        loop {
            let (error, asked) = match self.once(request()?, limit as u64).await {
                Ok((url, answer)) if answer.is_transient() => {
                    let asked = asked_wait(&answer.headers);
                    (answer.into_unavailable(url), asked)
                }
                Err(error) if error.is_transient() => (error, None),
                decided => return decided.map(|(_, answer)| answer),
            };
            let Some(wait) = waits.next() else {
                return Err(error);
            };
            tracing::debug!(%error, "trying again");
            tokio::time::sleep(asked.unwrap_or(wait)).await;
        }
    }

    async fn once(&self, request: Request, limit: u64) -> Result<(String, Answer), HttpError> {
        let url = shown(request.url());
        let mut response = self.start(request).await?;
        let mut body = Vec::new();
        each_part(&mut response, &url, limit, |part| {
            body.extend_from_slice(part);
        })
        .await?;
        let answer = Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body,
        };
        Ok((url, answer))
    }

    /// Reads a small file; `None` if there is none (404, 410).
    ///
    /// # Errors
    /// As [`Http::send`], and [`HttpError::Refused`] for any other status than 200.
    pub async fn file(&self, url: Url, limit: usize) -> Result<Option<Vec<u8>>, HttpError> {
        let answer = self
            .send(self.request(Method::GET, url.clone()), limit)
            .await?;
        match answer.status {
            200 => Ok(Some(answer.body)),
            404 | 410 => Ok(None),
            status => Err(HttpError::Refused {
                url: shown(&url),
                status,
            }),
        }
    }

    async fn start(&self, request: Request) -> Result<Response, HttpError> {
        let url = shown(request.url());
        let method = request.method().clone();
        let response = self
            .client
            .execute(request)
            .await
            .map_err(|error| failed(&url, &error))?;
        tracing::debug!(%method, %url, status = response.status().as_u16(), "requested");
        Ok(response)
    }
}

/// Passes each part of a body of at most `limit` bytes to `take`.
async fn each_part(
    response: &mut Response,
    url: &str,
    limit: u64,
    mut take: impl FnMut(&[u8]),
) -> Result<(), HttpError> {
    let too_large = || HttpError::TooLarge {
        url: url.to_owned(),
        limit,
    };
    if response
        .content_length()
        .is_some_and(|length| length > limit)
    {
        return Err(too_large());
    }
    let mut left = limit;
    loop {
        let part = tokio::time::timeout(REQUEST_TIMEOUT, response.chunk())
            .await
            .map_err(|_| HttpError::Timeout {
                url: url.to_owned(),
            })?
            .map_err(|error| failed(url, &error))?;
        let Some(part) = part else {
            return Ok(());
        };
        left = left.checked_sub(part.len() as u64).ok_or_else(too_large)?;
        take(&part);
    }
}
