//! The HTTP client of authorities and of the program's subcommands, which leaves this machine never.

use std::time::Duration;

use reqwest::{Client, ClientBuilder};

/// A client for addresses on loopback: no proxy, no redirects, no certificates to be read.
pub(crate) fn loopback() -> ClientBuilder {
    Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .tls_certs_only([])
        .timeout(Duration::from_secs(30))
}
