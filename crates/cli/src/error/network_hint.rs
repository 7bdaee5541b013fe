//! Hints for failures of the network that no further try mends. Variables of the environment are named
//! only here.

use cpan_sigstore_http::{HttpError, SetupFault};

/// Returns what the person can do about a failed request.
pub fn after_request(error: &HttpError) -> Option<&'static str> {
    error.setup_fault().map(after_fault)
}

/// Returns what the person can do about a fault in the set-up.
pub const fn after_fault(fault: SetupFault) -> &'static str {
    match fault {
        SetupFault::NoCertificates => {
            "install the package `ca-certificates`, or correct SSL_CERT_FILE and SSL_CERT_DIR"
        }
        SetupFault::Certificate => {
            "name the file with the CA certificates of your network in SSL_CERT_FILE"
        }
        SetupFault::CertificateTime => {
            "set the clock of this machine; if it is right, ask the operator of the server for a valid certificate"
        }
        SetupFault::ProxySetting => "correct or unset the variable; a SOCKS proxy cannot be used",
        SetupFault::TimeoutSetting => "correct or unset the variable",
        SetupFault::Proxy => {
            "correct HTTPS_PROXY and HTTP_PROXY (`http://USER:PASSWORD@proxy.example:3128`), or name the host in NO_PROXY"
        }
        SetupFault::ProxiedAddress => "name the host by its name, or its address in NO_PROXY",
        SetupFault::InvalidRedirect => {
            "ask the operator of the server to mend it, or name another address"
        }
        SetupFault::Redirect => "name the address that the server redirects to",
        SetupFault::Loop => "name another upstream: this address is the mirror's own",
        SetupFault::Refused => {
            "a proxy or the server refuses the file; name another mirror, or add user and password to its address"
        }
        SetupFault::WebPage => {
            "open the address in a browser: a network may ask for a login, or the address is another one"
        }
    }
}
