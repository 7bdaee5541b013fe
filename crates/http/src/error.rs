//! Why there is no usable answer.

use reqwest::Url;

use crate::REQUEST_TIMEOUT;

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
    /// It answers otherwise than with the file, or that there is none.
    #[error("expected {url}, found status {status}")]
    Refused {
        /// What was asked.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// The request itself could not be made, for example because a file cannot be read.
    #[error("expected to make a request to {url}: {reason}")]
    Request {
        /// What was to be asked.
        url: String,
        /// Why it was not.
        reason: String,
    },
    /// What came could not be written.
    #[error("expected to write what came from {url}: {source}")]
    Write {
        /// What was asked.
        url: String,
        /// Why it was not written.
        source: std::io::Error,
    },
    /// The body is larger than an answer of this kind need be.
    #[error("expected an answer of at most {limit} bytes from {url}, found more")]
    TooLarge {
        /// What was asked.
        url: String,
        /// The limit in bytes.
        limit: u64,
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

/// A request that was not even sent.
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

/// The most telling part of an error: its innermost source.
pub(crate) fn innermost(error: &reqwest::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
