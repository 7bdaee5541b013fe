//! What a service said.

use cpan_sigstore_core::text::printable;
use reqwest::header::HeaderMap;

use crate::HttpError;

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
        const LENGTH: usize = 200;
        let text = String::from_utf8_lossy(&self.body[..self.body.len().min(4 * LENGTH)]);
        let text: String = printable(&text).chars().take(LENGTH).collect();
        text.trim().to_owned()
    }

    pub(crate) fn says_to_come_again(&self) -> bool {
        passes(self.status)
    }

    pub(crate) fn into_unavailable(self, url: String) -> HttpError {
        HttpError::Unavailable {
            url,
            status: self.status,
            said: self.excerpt(),
        }
    }
}

/// Whether a status is of a kind that passes: too many requests, or trouble at the server.
pub(crate) fn passes(status: u16) -> bool {
    matches!(status, 408 | 429 | 500 | 502..=504)
}
