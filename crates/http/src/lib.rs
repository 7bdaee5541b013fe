//! The one HTTP client. It reads every body with a limit.
//!
//! - [`Http::send`]: a request and its whole response.
//! - [`Http::send_each`]: the same for a request whose body is a stream.
//! - [`Http::file`] and [`Http::digest`]: a small file, and the digest of a large one.
//! - [`Http::download`]: a large file, written to the disk unless it is unchanged.
//! - [`is_protected`]: the addresses to which a secret may be sent.

mod address;
mod answer;
mod backoff;
mod date;
mod download;
mod error;
mod object_store;
mod patience;
mod proxy;
mod redirect;
mod setup_fault;
mod web_page;

pub use address::is_protected;
pub use answer::Answer;
pub use backoff::Backoff;
pub use download::{Download, Validators};
pub use error::HttpError;
pub use setup_fault::SetupFault;

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

/// The value of a header, such as that of `Authorization`.
pub use reqwest::header::HeaderValue;
use reqwest::{Method, Request, RequestBuilder, Response, Url};
use tokio::time::Instant;

use crate::{
    backoff::Tries,
    error::{connection, failed, shown},
    patience::Patience,
};

/// The target of the events of the `tracing` crate that say why and how long a request waits.
pub const WAITING: &str = "cpan_sigstore::waiting";

/// Longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
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
/// A request goes to the configured address and no other, and so does a token. Only [`Http::file`],
/// [`Http::digest`] and [`Http::download`] follow redirects, on the same host. Credentials in the address are for
/// its scheme, host and port alone.
#[derive(Clone, Debug)]
pub struct Http {
    client: reqwest::Client,
    /// The client for an https address behind an http one, if `client` has no CA certificates.
    redirected: Option<Arc<OnceLock<reqwest::Client>>>,
    backoff: Backoff,
    until: Option<Instant>,
    patience: Patience,
    /// The `Authorization` of requests for files.
    authorization: Option<HeaderValue>,
    /// The name of the server that requests files for others.
    via: Option<Arc<str>>,
}

impl Http {
    /// A client for the given addresses.
    ///
    /// It reads the system's CA certificates only if one of the addresses is `https`, as that takes
    /// milliseconds. Without them every `https` connection fails.
    ///
    /// # Errors
    /// [`HttpError::Client`] if TLS cannot be set up, [`HttpError::ProxySetting`] if the environment names no
    /// usable proxy, and [`HttpError::TimeoutSetting`] if it states no usable time.
    pub fn for_urls<'a>(urls: impl IntoIterator<Item = &'a str>) -> Result<Self, HttpError> {
        proxy::check(|name| std::env::var(name).ok())?;
        let patience = Patience::of_environment()?;
        let has_certificates = urls.into_iter().any(|url| url.starts_with("https:"));
        Ok(Self {
            client: client(has_certificates, patience)?,
            redirected: (!has_certificates).then(Arc::default),
            backoff: Backoff::default(),
            until: None,
            patience,
            authorization: None,
            via: None,
        })
    }

    /// The same client with other waits.
    #[must_use]
    pub fn with_backoff(self, backoff: Backoff) -> Self {
        Self { backoff, ..self }
    }

    /// The same client, which sends this `Authorization` with requests for files. It never sends it to another server
    /// to which one redirects.
    #[must_use]
    pub fn with_authorization(self, authorization: HeaderValue) -> Self {
        Self {
            authorization: Some(authorization),
            ..self
        }
    }

    /// The same client, which does not try again from a time on.
    #[must_use]
    pub fn until(self, until: Instant) -> Self {
        Self {
            until: Some(until),
            ..self
        }
    }

    /// The same client, which states in each request for a file that it is for a server of this name. The server
    /// recognises by the `Via` header a request that leads back to it.
    #[must_use]
    pub fn via(self, name: &str) -> Self {
        Self {
            via: Some(format!("1.1 {name}").into()),
            ..self
        }
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
        let mut tries = Tries::of(self);
        loop {
            let failure = match self.once(request()?, limit as u64).await {
                Ok((url, answer)) => match answer.failure(&url) {
                    Some(failure) => failure,
                    None => return Ok(answer),
                },
                Err(error) => error.into(),
            };
            tries.wait(failure).await?;
        }
    }

    async fn once(&self, request: Request, limit: u64) -> Result<(String, Answer), HttpError> {
        let url = shown(request.url());
        let mut response = self.start(request).await?;
        let mut body = Vec::new();
        each_part(&mut response, &url, limit, self.patience, |part| {
            body.extend_from_slice(part);
            Ok(())
        })
        .await?;
        let answer = Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body,
        };
        Ok((url, answer))
    }

    /// Reads a small file; `None` if there is none.
    ///
    /// # Errors
    /// As [`Http::send`]; [`HttpError::Redirect`] for a redirect to another host, [`HttpError::WebPage`]
    /// for a web page, and [`HttpError::Refused`] for any other status than 200.
    pub async fn file(&self, url: Url, limit: usize) -> Result<Option<Vec<u8>>, HttpError> {
        let mut bytes = Vec::new();
        let known = Validators::default();
        let read = self.stream(&url, &known, limit as u64, &mut bytes).await?;
        Ok(matches!(read, Download::Whole(_)).then_some(bytes))
    }

    async fn start(&self, request: Request) -> Result<Response, HttpError> {
        let url = request.url().clone();
        let method = request.method().clone();
        let patience = request.timeout().copied();
        let response = self.client_for(&url)?.execute(request);
        // A large upload takes longer, and has a bar.
        let response = match patience {
            None => self.patience.announced(&shown(&url), response).await,
            Some(_) => response.await,
        };
        let patience = patience.unwrap_or(self.patience.duration());
        let response =
            response.map_err(|error| failed(&shown(&url), &error, proxy::of(&url), patience))?;
        tracing::debug!(%method, url = shown(&url), status = response.status().as_u16(), "requested");
        if response.status() == 407
            && let Some(proxy) = proxy::of(&url)
        {
            return Err(HttpError::Proxy {
                url: shown(&url),
                proxy,
                reason: "it requires a user name and a password".to_owned(),
            });
        }
        Ok(response)
    }

    fn client_for(&self, url: &Url) -> Result<&reqwest::Client, HttpError> {
        match &self.redirected {
            Some(redirected) if url.scheme() == "https" => match redirected.get() {
                Some(client) => Ok(client),
                None => {
                    let client = client(true, self.patience)?;
                    Ok(redirected.get_or_init(|| client))
                }
            },
            _ => Ok(&self.client),
        }
    }
}

fn client(has_certificates: bool, patience: Patience) -> Result<reqwest::Client, HttpError> {
    let mut builder = reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT.min(patience.duration()))
        .timeout(patience.duration());
    if !has_certificates {
        builder = builder.tls_certs_only([]);
    }
    builder
        .build()
        .map_err(|error| HttpError::Client(error::innermost(&error)))
}

/// Passes each part of a body of at most `limit` bytes to `take`.
async fn each_part(
    response: &mut Response,
    url: &str,
    limit: u64,
    patience: Patience,
    mut take: impl FnMut(&[u8]) -> Result<(), HttpError>,
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
        let part = tokio::time::timeout(patience.duration(), response.chunk())
            .await
            .map_err(|_| HttpError::Timeout {
                url: url.to_owned(),
                patience: patience.duration(),
            })?
            .map_err(|error| failed(url, &error, None, patience.duration()))?;
        let Some(part) = part else {
            return Ok(());
        };
        left = left.checked_sub(part.len() as u64).ok_or_else(too_large)?;
        take(&part)?;
    }
}

#[cfg(test)]
mod tests;
