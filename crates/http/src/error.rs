//! The error of a request.

use reqwest::Url;

use crate::REQUEST_TIMEOUT;

/// Reasons why a request has no usable response.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The client cannot be created, for example because the system has no CA certificates.
    #[error(
        "cannot make HTTPS connections from this system: {0}; install its package of CA certificates (`ca-certificates`)"
    )]
    Client(String),
    /// There was no connection, or it broke before the response was whole.
    #[error("cannot read {url}: the connection failed: {reason}")]
    Connection {
        /// The address, without credentials and query.
        url: String,
        /// The reason.
        reason: String,
    },
    /// The response did not come in time.
    #[error("cannot read {url}: no response within {} seconds", REQUEST_TIMEOUT.as_secs())]
    Timeout {
        /// The address, without credentials and query.
        url: String,
    },
    /// The service is unavailable.
    #[error("cannot read {url}: status {status}: {said}")]
    Unavailable {
        /// The address, without credentials and query.
        url: String,
        /// The HTTP status.
        status: u16,
        /// The beginning of the body.
        said: String,
    },
    /// The service refuses the request.
    #[error("cannot read {url}: status {status}")]
    Refused {
        /// The address, without credentials and query.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// The request cannot be created, for example because a file cannot be read.
    #[error("cannot send a request to {url}: {reason}")]
    Request {
        /// The address, without credentials and query.
        url: String,
        /// The reason.
        reason: String,
    },
    /// The file cannot be written.
    #[error("cannot write the file from {url}: {source}")]
    Write {
        /// The address, without credentials and query.
        url: String,
        /// The reason.
        source: std::io::Error,
    },
    /// The body is larger than its limit.
    #[error("invalid response of {url}: expected at most {limit} bytes, found more")]
    TooLarge {
        /// The address, without credentials and query.
        url: String,
        /// The limit in bytes.
        limit: u64,
    },
}

impl HttpError {
    /// Whether trying again may help.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Connection { .. } | Self::Timeout { .. } | Self::Unavailable { .. }
        )
    }
}

pub(crate) fn failed(url: &str, error: &reqwest::Error) -> HttpError {
    let url = url.to_owned();
    if error.is_timeout() {
        HttpError::Timeout { url }
    } else {
        HttpError::Connection {
            url,
            reason: innermost(error),
        }
    }
}

/// The error of a request that was not sent.
pub(crate) fn connection(error: &reqwest::Error) -> HttpError {
    HttpError::Connection {
        url: error.url().map(shown).unwrap_or_default(),
        reason: innermost(error),
    }
}

/// An address without its query, which may carry a secret.
pub(crate) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    // Only addresses that cannot have them refuse this.
    let _ = url.set_password(None);
    let _ = url.set_username("");
    url.to_string()
}

/// The innermost source of an error, which says the most.
pub(crate) fn innermost(error: &reqwest::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
