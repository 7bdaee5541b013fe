//! The response of a service.

use cpan_sigstore_core::text::printable;
use reqwest::{Url, header::HeaderMap};

use crate::{
    HttpError,
    backoff::{Failure, asked_wait},
    error::shown,
    redirect, web_page,
};

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

    /// The title of a web page, or an empty text if it has none; `None` if the body is no web page.
    pub fn page_title(&self) -> Option<String> {
        web_page::title(&self.body)
    }

    /// Returns the error if this is no response of a service: a web page in place of data, or a redirect.
    ///
    /// # Security
    ///
    /// No redirect is followed: a request to a service carries a token.
    pub fn misdirected(&self, url: &Url) -> Option<HttpError> {
        let shown_url = shown(url);
        if redirect::is_redirect(self.status) {
            return Some(match redirect::target(url, &self.headers) {
                Some(to) => HttpError::Redirect {
                    url: shown_url,
                    to: shown(&to),
                },
                None => HttpError::InvalidRedirect {
                    url: shown_url,
                    found: "to no address",
                },
            });
        }
        let title = self.page_title().filter(|_| self.is_success())?;
        Some(HttpError::WebPage {
            url: shown_url,
            title,
        })
    }

    /// Returns the failure of a transient status.
    pub(crate) fn failure(&self, url: &str) -> Option<Failure> {
        if !is_transient(self.status) {
            return None;
        }
        let said = self.page_title().unwrap_or_else(|| self.excerpt());
        Some(unavailable(url, self.status, &self.headers, said))
    }
}

/// The failure of a service that is unavailable.
pub(crate) fn unavailable(url: &str, status: u16, headers: &HeaderMap, said: String) -> Failure {
    let asked = asked_wait(headers);
    let said = match asked {
        Some(asked) => format!("retry after {} s: {said}", asked.as_secs()),
        None => said,
    };
    let error = HttpError::Unavailable {
        url: url.to_owned(),
        status,
        said: said.trim_end_matches([':', ' ']).to_owned(),
    };
    Failure { error, asked }
}

/// Whether a status is transient: too many requests, or a fault of the server.
pub(crate) fn is_transient(status: u16) -> bool {
    matches!(status, 408 | 429 | 500 | 502..=504)
}
