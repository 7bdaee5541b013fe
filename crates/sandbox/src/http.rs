//! The HTTP client of authorities, of the program's subcommands and of tests.

use std::net::{Ipv4Addr, SocketAddr};
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
        // This machine, as for every browser, whatever its resolver says (RFC 6761, section 6.3). Port 0: the URL's.
        .resolve("localhost", SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
        .timeout(Duration::from_secs(30))
}
