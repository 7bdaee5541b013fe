//! Hints for failures of the network that no further try mends. Variables of the environment are named
//! only here.

use cpan_sigstore_http::HttpError;

/// Returns what the person can do about a failed request.
pub fn after_request(error: &HttpError) -> Option<&'static str> {
    Some(match error {
        HttpError::Client(_) => {
            "install the package `ca-certificates`, or correct SSL_CERT_FILE and SSL_CERT_DIR"
        }
        HttpError::Certificate { .. } => {
            "name the file with the CA certificates of your network in SSL_CERT_FILE"
        }
        HttpError::CertificateTime { .. } => {
            "set the clock of this machine; if it is right, ask the operator of the server for a valid certificate"
        }
        HttpError::ProxySetting { .. } => {
            "correct or unset the variable; a SOCKS proxy cannot be used"
        }
        HttpError::Proxy { .. } => {
            "correct HTTPS_PROXY and HTTP_PROXY (`http://USER:PASSWORD@proxy.example:3128`), or name the host in NO_PROXY"
        }
        HttpError::ProxiedAddress { .. } => "name the host by its name, or its address in NO_PROXY",
        HttpError::Redirect { url, to } if url == to => {
            "ask the operator of the server to mend it, or name another address"
        }
        HttpError::Redirect { .. } => "name the address that the server redirects to",
        HttpError::Loop { .. } => "name another upstream: this address is the mirror's own",
        HttpError::Refused {
            status: 401 | 403, ..
        } => {
            "a proxy or the server refuses the file; name another mirror, or add user and password to its address"
        }
        HttpError::WebPage { .. } => {
            "open the address in a browser: a network may ask for a login, or the address is another one"
        }
        _ => return None,
    })
}
