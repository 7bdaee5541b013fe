//! Redirects of files: on the same host, and from http to https.

use reqwest::{Response, Url, header::LOCATION};

use crate::{HttpError, error::shown};

/// Most redirects that are followed for one file.
const LIMIT: usize = 5;

/// The redirects of one request for a file.
#[derive(Default)]
pub(crate) struct Redirects {
    followed: usize,
}

impl Redirects {
    /// Returns the address to which a response redirects; `None` if it does not redirect.
    ///
    /// # Security
    ///
    /// Another host is never contacted: the user named this one, and credentials in the address are for
    /// it alone. A redirect from https to http is refused, too.
    ///
    /// # Errors
    /// [`HttpError::Redirect`] for another server, and after too many redirects.
    pub fn next(&mut self, from: &Url, response: &Response) -> Result<Option<Url>, HttpError> {
        if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
            return Ok(None);
        }
        let location = response.headers().get(LOCATION);
        let to = location.and_then(|location| from.join(location.to_str().ok()?).ok());
        let refused = |to: Option<&Url>| HttpError::Redirect {
            url: shown(from),
            to: to.map_or_else(|| "no address".to_owned(), shown),
        };
        let Some(mut to) = to else {
            return Err(refused(None));
        };
        self.followed += 1;
        if self.followed > LIMIT || !is_followed(from, &to) {
            return Err(refused(Some(&to)));
        }
        // A server states its own addresses without the credentials of the request.
        // Only addresses that cannot have them refuse this.
        let _ = to.set_username(from.username());
        let _ = to.set_password(from.password());
        Ok(Some(to))
    }
}

/// Whether an address is on the same server, or on the same host by https.
fn is_followed(from: &Url, to: &Url) -> bool {
    let is_same_host = from.host().is_some() && from.host() == to.host();
    let is_same_server =
        from.scheme() == to.scheme() && from.port_or_known_default() == to.port_or_known_default();
    is_same_host && (is_same_server || (from.scheme() == "http" && to.scheme() == "https"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_only_the_same_host_and_never_from_https_to_http() {
        let follows = |from: &str, to: &str| {
            let from: Url = from.parse().unwrap();
            is_followed(&from, &from.join(to).unwrap())
        };
        assert!(follows("http://cpan.example/a", "/real/a"));
        assert!(follows("http://cpan.example/a", "https://cpan.example/a"));
        assert!(follows(
            "http://cpan.example:8080/a",
            "https://cpan.example/a"
        ));
        assert!(follows(
            "https://cpan.example/a",
            "https://cpan.example:443/b"
        ));
        for to in [
            "http://cpan.example/a",
            "https://cpan.example:8443/a",
            "https://evil.example/a",
            "https://cpan.example.evil.example/a",
            "//evil.example/a",
            "file:///etc/passwd",
        ] {
            assert!(!follows("https://cpan.example/a", to), "{to}");
        }
        assert!(!follows(
            "http://cpan.example/a",
            "http://cpan.example:8080/a"
        ));
    }
}
