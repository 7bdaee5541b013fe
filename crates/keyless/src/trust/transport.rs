//! The transport of TUF: the one HTTP client, with its retries and limits.

use std::sync::{Arc, Mutex, PoisonError};

use cpan_sigstore_http::{Http, HttpError};
use reqwest::Url;
use sigstore_tuf::{Error, Repository, transport::FetchFuture};

use super::loader::with_causes;
use crate::clock::ClockDifference;

/// Reasons why trust material was not fetched.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// The user disabled the network.
    #[error("the network is disabled")]
    Offline,
    /// A request failed.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The repository is invalid.
    #[error("{0}")]
    Repository(String),
    /// The repository has expired by this machine's clock, which differs from the repository's.
    #[error("{reason}; {clock}")]
    Clock {
        /// What has expired.
        reason: String,
        /// The two times.
        clock: Box<ClockDifference>,
    },
}

impl RefreshError {
    pub(super) fn repository(error: impl std::error::Error) -> Self {
        Self::Repository(with_causes(error))
    }
}

/// The last request that failed, which the TUF library only describes.
#[derive(Clone, Default)]
pub(super) struct RequestFailure(Arc<Mutex<Option<HttpError>>>);

impl RequestFailure {
    pub fn take(&self) -> Option<HttpError> {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slot.take()
    }

    fn note(&self, error: HttpError) -> Error {
        let text = Error::transport(error.to_string());
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *slot = Some(error);
        text
    }
}

/// A TUF repository by HTTP: metadata at its address, targets in `targets/` below it.
pub(super) struct HttpTransport {
    http: Http,
    metadata: Url,
    targets: Url,
    failure: RequestFailure,
}

impl HttpTransport {
    pub fn new(address: &str) -> Result<Self, RefreshError> {
        let parse = || {
            let metadata = Url::parse(&format!("{}/", address.trim_end_matches('/')))?;
            Ok((metadata.clone(), metadata.join("targets/")?))
        };
        let (metadata, targets) =
            parse().map_err(|error: url::ParseError| RefreshError::repository(error))?;
        Ok(Self {
            http: Http::for_urls([address])?,
            metadata,
            targets,
            failure: RequestFailure::default(),
        })
    }

    /// The place where a failed request is kept.
    pub fn failure(&self) -> RequestFailure {
        self.failure.clone()
    }

    fn fetch<'a>(&'a self, base: &'a Url, name: &'a str, limit: u64) -> FetchFuture<'a> {
        Box::pin(async move {
            let url = base.join(name).map_err(|error| {
                Error::transport_with_source(format!("invalid name {name:?}"), error)
            })?;
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            let read = self.http.file(url, limit).await;
            read.map_err(|error| self.failure.note(error))
        })
    }
}

impl Repository for HttpTransport {
    fn fetch_metadata<'a>(&'a self, name: &'a str, max_length: u64) -> FetchFuture<'a> {
        self.fetch(&self.metadata, name, max_length)
    }

    fn fetch_target<'a>(&'a self, path: &'a str, max_length: u64) -> FetchFuture<'a> {
        self.fetch(&self.targets, path, max_length)
    }
}
