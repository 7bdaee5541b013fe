//! Which addresses a secret may be sent to.

use url::{Host, Url};

use super::LoginError;

/// Lets https pass, and http to this machine, which no network sees.
///
/// # Errors
/// [`LoginError::Insecure`] for everything else, such as `http` elsewhere or `file`.
pub(crate) fn refuse_insecure(url: &Url) -> Result<(), LoginError> {
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => Ok(()),
        "http" if loopback => Ok(()),
        _ => Err(LoginError::Insecure {
            url: url.to_string(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_leave_this_machine_by_https_only() {
        let allowed = |url: &str| refuse_insecure(&Url::parse(url).unwrap()).is_ok();
        for url in [
            "https://oauth2.sigstore.dev/auth",
            "http://127.0.0.1:4711",
            "http://localhost:4711/auth",
            "http://[::1]:4711",
        ] {
            assert!(allowed(url), "{url}");
        }
        for url in [
            "http://oauth2.sigstore.dev/auth",
            "http://localhost.example.org",
            "http://127.0.0.1.example.org",
            "file:///etc/passwd",
            "javascript:alert(1)",
        ] {
            assert!(!allowed(url), "{url}");
        }
    }
}
