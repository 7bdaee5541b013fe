//! Redirects of files: on the same host, and from http to https.

use reqwest::{
    Response, Url,
    header::{HeaderMap, LOCATION},
};

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
    /// Another host is never contacted: the user named this one. A redirect from https to http is refused, too.
    /// Credentials in the address are for its server alone: another port may be somebody else's.
    ///
    /// # Errors
    /// [`HttpError::Redirect`] for another server, and [`HttpError::InvalidRedirect`] without an address, or after too
    /// many redirects.
    pub fn next(&mut self, from: &Url, response: &Response) -> Result<Option<Url>, HttpError> {
        if !is_redirect(response.status().as_u16()) {
            return Ok(None);
        }
        let to = target(from, response.headers());
        let invalid = |found| HttpError::InvalidRedirect {
            url: shown(from),
            found,
        };
        let to = to.ok_or_else(|| invalid("to no address"))?;
        if !is_followed(from, &to) {
            return Err(HttpError::Redirect {
                url: shown(from),
                to: shown(&to),
            });
        }
        self.followed += 1;
        if self.followed > LIMIT {
            return Err(invalid("without end"));
        }
        Ok(Some(with_credentials(from, to)))
    }
}

pub(crate) fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// The address to which a response redirects.
pub(crate) fn target(from: &Url, headers: &HeaderMap) -> Option<Url> {
    from.join(headers.get(LOCATION)?.to_str().ok()?).ok()
}

/// An address with the credentials of the one that redirects to it, if they are for its server.
fn with_credentials(from: &Url, mut to: Url) -> Url {
    // A server states its own addresses without them.
    let (user, password) = match is_same_server(from, &to) || is_upgrade(from, &to) {
        true => (from.username(), from.password()),
        false => ("", None),
    };
    // Only addresses that cannot have them refuse this.
    let _ = to.set_username(user);
    let _ = to.set_password(password);
    to
}

/// Whether an address is on the same server, or on the same host by https.
fn is_followed(from: &Url, to: &Url) -> bool {
    let is_secure = from.scheme() == "http" && to.scheme() == "https";
    is_same_server(from, to) || (is_same_host(from, to) && is_secure)
}

fn is_same_host(from: &Url, to: &Url) -> bool {
    from.host().is_some() && from.host() == to.host()
}

fn is_same_server(from: &Url, to: &Url) -> bool {
    is_same_host(from, to)
        && from.scheme() == to.scheme()
        && from.port_or_known_default() == to.port_or_known_default()
}

/// Whether an address is the secure one of a whole host: https in place of http, both on their own ports.
fn is_upgrade(from: &Url, to: &Url) -> bool {
    let is_default = |url: &Url, scheme: &str| url.scheme() == scheme && url.port().is_none();
    is_same_host(from, to) && is_default(from, "http") && is_default(to, "https")
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

    #[test]
    fn sends_credentials_to_their_server_alone() {
        for (from, to, expected) in [
            (
                "https://me:pw@cpan.example/a",
                "/b",
                "https://me:pw@cpan.example/b",
            ),
            (
                "http://me:pw@cpan.example/a",
                "https://cpan.example/a",
                "https://me:pw@cpan.example/a",
            ),
            (
                "http://me:pw@cpan.example/a",
                "https://cpan.example:8443/a",
                "https://cpan.example:8443/a",
            ),
            (
                "http://me:pw@cpan.example:8080/a",
                "https://cpan.example/a",
                "https://cpan.example/a",
            ),
            (
                "http://me:pw@cpan.example/a",
                "https://other:pw2@cpan.example:8443/a",
                "https://cpan.example:8443/a",
            ),
        ] {
            let from: Url = from.parse().unwrap();
            let to = from.join(to).unwrap();
            assert_eq!(with_credentials(&from, to).as_str(), expected);
        }
    }
}
