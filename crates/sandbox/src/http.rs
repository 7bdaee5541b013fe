//! The HTTP client of authorities, of the program's subcommands and of tests.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use reqwest::{Client, ClientBuilder};

/// Returns a client for loopback addresses: no proxy, no redirects, no certificates to load.
///
/// # Errors
/// If the client cannot be created.
pub fn loopback_client() -> reqwest::Result<Client> {
    loopback().build()
}

pub(crate) fn loopback() -> ClientBuilder {
    Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .tls_certs_only([])
        // Resolves to this machine, as in every browser (RFC 6761, section 6.3). Port 0: the URL's
        // port.
        .resolve("localhost", SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
        .timeout(Duration::from_secs(30))
}
