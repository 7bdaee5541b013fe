//! Addresses to which a secret may be sent.

use cpan_sigstore_core::text::without_credentials;
use cpan_sigstore_http::is_protected;
use url::Url;

use super::LoginError;

/// Accepts https, and http to this machine, which no network sees.
///
/// # Errors
/// [`LoginError::Insecure`] for every other address, such as `http` to another machine or `file`.
pub(crate) fn refuse_insecure(url: &Url) -> Result<(), LoginError> {
    if is_protected(url) {
        return Ok(());
    }
    Err(LoginError::Insecure {
        url: without_credentials(url.as_str()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sends_secrets_only_by_https_or_to_this_machine() {
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
