//! The HTTP client of authorities, of the program's subcommands and of tests.

use std::time::Duration;

use reqwest::{Client, ClientBuilder};

/// A client for addresses on loopback: no proxy, no redirects, and no certificates to be read first.
///
/// # Errors
/// When the system gives no resources for it.
pub fn loopback_client() -> reqwest::Result<Client> {
    loopback().build()
}

pub(crate) fn loopback() -> ClientBuilder {
    Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .tls_certs_only([])
        .timeout(Duration::from_secs(30))
}
