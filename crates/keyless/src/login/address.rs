//! Which addresses a secret may be sent to.

use cpan_sigstore_core::text::without_credentials;
use cpan_sigstore_http::is_protected;
use url::Url;

use super::LoginError;

/// Lets https pass, and http to this machine, which no network sees.
///
/// # Errors
/// [`LoginError::Insecure`] for everything else, such as `http` elsewhere or `file`.
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
