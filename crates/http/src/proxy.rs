//! The proxies that the environment names (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`).

use cpan_sigstore_core::text::without_credentials;
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::Url;

use crate::HttpError;

/// The variables that name a proxy. A small name outranks a capital one, as for curl.
const VARIABLES: [&str; 6] = [
    "https_proxy",
    "HTTPS_PROXY",
    "http_proxy",
    "HTTP_PROXY",
    "all_proxy",
    "ALL_PROXY",
];

/// Returns an error for a variable that names no HTTP proxy.
///
/// The client would ignore such a variable and connect past the proxy, without a word.
pub(crate) fn check(get: impl Fn(&str) -> Option<String>) -> Result<(), HttpError> {
    for variable in VARIABLES {
        let Some(value) = get(variable).filter(|value| !value.is_empty()) else {
            continue;
        };
        if !is_proxy(&value) {
            return Err(HttpError::ProxySetting {
                variable,
                found: without_credentials(&value),
            });
        }
    }
    Ok(())
}

/// Whether the client can use a value as a proxy. It has no support for SOCKS.
fn is_proxy(value: &str) -> bool {
    let matcher = Matcher::builder().all(value).build();
    let Some(intercept) = "http://cpan.example/"
        .parse()
        .ok()
        .and_then(|url| matcher.intercept(&url))
    else {
        return false;
    };
    matches!(intercept.uri().scheme_str(), Some("http" | "https"))
}

/// Returns the proxy for an address, without credentials.
pub(crate) fn of(url: &Url) -> Option<String> {
    let intercept = Matcher::from_system().intercept(&url.as_str().parse().ok()?)?;
    Some(intercept.uri().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(variable: &str, value: &str) -> Result<(), HttpError> {
        check(|name| (name == variable).then(|| value.to_owned()))
    }

    #[test]
    fn accepts_proxies_as_people_write_them() {
        for value in [
            "",
            "proxy.example:3128",
            "http://proxy.example",
            "https://user:p%40ss@proxy.example:8443/",
            "http://[::1]:3128",
        ] {
            checked("HTTPS_PROXY", value).unwrap();
        }
    }

    #[test]
    fn rejects_proxies_that_the_client_would_ignore() {
        for value in [
            "garbage://proxy.example",
            "socks5://proxy.example:1080",
            "http://",
            "::",
        ] {
            let error = checked("all_proxy", value).unwrap_err();
            assert!(
                matches!(
                    error,
                    HttpError::ProxySetting {
                        variable: "all_proxy",
                        ..
                    }
                ),
                "{value}: {error}"
            );
        }
        let error = checked("HTTP_PROXY", "socks5://user:hunter2@proxy.example").unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}
