//! The error of a request.

use std::time::Duration;

use reqwest::Url;
use rustls::CertificateError;

use crate::CONNECT_TIMEOUT;

/// Reasons why a request has no usable response.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The client cannot be created, for example because the system has no CA certificates.
    #[error("cannot make HTTPS connections: {0}")]
    Client(String),
    /// A variable names no proxy that can be used. Nothing was sent past it.
    #[error(
        "invalid {variable}: expected a proxy such as http://proxy.example:3128, found `{found}`"
    )]
    ProxySetting {
        /// The environment variable.
        variable: &'static str,
        /// Its value, without credentials.
        found: String,
    },
    /// The proxy cannot be reached, or refuses.
    #[error("cannot read {url}: the proxy {proxy} failed: {reason}")]
    Proxy {
        /// The address, without credentials and query.
        url: String,
        /// The address of the proxy, without credentials.
        proxy: String,
        /// The reason.
        reason: String,
    },
    /// The HTTP library cannot use TLS to an IPv6 address through a proxy.
    #[error("cannot read {url}: the proxy {proxy} reaches no IPv6 address by https")]
    ProxiedAddress {
        /// The address, without credentials and query.
        url: String,
        /// The address of the proxy, without credentials.
        proxy: String,
    },
    /// No CA certificate of this machine vouches for the server, or its certificate is invalid.
    #[error("cannot read {url}: the certificate of the server is not trusted: {reason}")]
    Certificate {
        /// The address, without credentials and query.
        url: String,
        /// The reason.
        reason: String,
    },
    /// The certificate of the server is not valid at the time of this machine's clock.
    #[error(
        "cannot read {url}: the certificate of the server is not valid by the clock of this machine: {reason}"
    )]
    CertificateTime {
        /// The address, without credentials and query.
        url: String,
        /// The reason.
        reason: String,
    },
    /// The server redirects to another server.
    #[error("cannot read {url}: the server redirects to {to}")]
    Redirect {
        /// The address, without credentials and query.
        url: String,
        /// The address that the server names, without credentials and query.
        to: String,
    },
    /// The server redirects without end, or to no address.
    #[error("cannot read {url}: the server redirects {found}")]
    InvalidRedirect {
        /// The address, without credentials and query.
        url: String,
        /// The fault.
        found: &'static str,
    },
    /// The server is the one for which the file is requested.
    #[error("cannot read {url}: it leads back to this mirror")]
    Loop {
        /// The address, without credentials and query.
        url: String,
    },
    /// A web page came in place of data, for example from a captive portal.
    #[error("cannot read {url}: the answer is a web page{}", titled(title))]
    WebPage {
        /// The address, without credentials and query.
        url: String,
        /// The title of the page; empty if it has none.
        title: String,
    },
    /// There was no connection, or it broke before the response was whole.
    #[error("cannot read {url}: the connection failed: {reason}")]
    Connection {
        /// The address, without credentials and query.
        url: String,
        /// The reason.
        reason: String,
    },
    /// The response did not come in time.
    #[error("cannot read {url}: no response within {} seconds", patience.as_secs_f32())]
    Timeout {
        /// The address, without credentials and query.
        url: String,
        /// The longest wait.
        patience: Duration,
    },
    /// The variable that states the longest wait is no number of seconds.
    #[error("invalid CPAN_SIGSTORE_TIMEOUT: expected seconds from 0.1 to 3600, found `{0}`")]
    TimeoutSetting(String),
    /// The service is unavailable.
    #[error("cannot read {url}: status {status}{}", after_colon(said))]
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

fn after_colon(said: &str) -> String {
    if said.is_empty() {
        return String::new();
    }
    format!(": {said}")
}

fn titled(title: &str) -> String {
    if title.is_empty() {
        return String::new();
    }
    format!(" with the title `{title}`")
}

/// The error of a request that was sent, perhaps through a proxy.
pub(crate) fn failed(
    url: &str,
    error: &reqwest::Error,
    proxy: Option<String>,
    patience: Duration,
) -> HttpError {
    let url = url.to_owned();
    let reason = innermost(error);
    match refused_certificate(error) {
        Some(refused) if is_about_time(refused) => {
            return HttpError::CertificateTime { url, reason };
        }
        Some(_) => return HttpError::Certificate { url, reason },
        None => {}
    }
    match proxy {
        // Through a proxy, a client connects to nothing else: the server's own failures come later.
        Some(proxy) if reason == NO_SERVER_NAME => HttpError::ProxiedAddress { url, proxy },
        Some(proxy) if error.is_connect() => HttpError::Proxy { url, proxy, reason },
        _ if error.is_timeout() => {
            let patience = match error.is_connect() {
                true => patience.min(CONNECT_TIMEOUT),
                false => patience,
            };
            HttpError::Timeout { url, patience }
        }
        _ => HttpError::Connection { url, reason },
    }
}

/// The reason for which TLS refused the certificate of the server.
fn refused_certificate(error: &reqwest::Error) -> Option<&CertificateError> {
    causes(error).find_map(|cause| match cause.downcast_ref() {
        Some(rustls::Error::InvalidCertificate(refused)) => Some(refused),
        _ => None,
    })
}

/// The words of the HTTP library for a host that is no name for TLS. It passes an IPv6 address with its brackets.
const NO_SERVER_NAME: &str = "Invalid Server Name";

/// Whether a certificate is refused for the time at which it is checked.
pub(crate) const fn is_about_time(refused: &CertificateError) -> bool {
    matches!(
        refused,
        CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. }
    )
}

/// An error and all that it wraps.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
    let first: &(dyn std::error::Error + 'static) = error;
    std::iter::successors(Some(first), |error| {
        // `io::Error::source` skips the error that it wraps.
        match error
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref)
        {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        }
    })
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

/// The innermost cause of an error, which says the most.
pub(crate) fn innermost(error: &reqwest::Error) -> String {
    let innermost = causes(error).last().map(ToString::to_string);
    // rustls calls an empty store of CA certificates unexpected.
    let text = innermost.unwrap_or_default();
    text.trim_start_matches("unexpected error: ").to_owned()
}
