//! The response of a service.

use cpan_sigstore_core::text::printable;
use reqwest::header::HeaderMap;

use crate::HttpError;

/// A response of any status, with its whole body.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers of the response.
    pub headers: HeaderMap,
    /// The body, within the limit of the request.
    pub body: Vec<u8>,
}

impl Answer {
    /// Whether the status is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The start of the body as one line, for an error message.
    pub fn excerpt(&self) -> String {
        const LENGTH: usize = 200;
        let text = String::from_utf8_lossy(&self.body[..self.body.len().min(4 * LENGTH)]);
        let text: String = printable(&text).chars().take(LENGTH).collect();
        text.trim().to_owned()
    }

    pub(crate) fn is_transient(&self) -> bool {
        is_transient(self.status)
    }

    pub(crate) fn into_unavailable(self, url: String) -> HttpError {
        HttpError::Unavailable {
            url,
            status: self.status,
            said: self.excerpt(),
        }
    }
}

/// Whether a status is transient: too many requests, or a fault of the server.
pub(crate) fn is_transient(status: u16) -> bool {
    matches!(status, 408 | 429 | 500 | 502..=504)
}
