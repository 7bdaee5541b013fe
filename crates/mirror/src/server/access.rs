//! The requests that a mirror answers: those by its own names that no foreign web page makes, and, for a private
//! mirror, only those that know the secret of its run.
//!
//! This comes before anything else: a refused request reads nothing from the upstream, changes no trust store, and
//! is in no log of decisions. Only this module creates an [`Admitted`], and the server answers nothing else.

use std::net::SocketAddr;

use hyper::{
    HeaderMap, Method, Request, StatusCode, Uri,
    header::{self, HeaderName, HeaderValue},
    http::uri::Authority,
};

use super::{
    names::{HostName, Names},
    response::{Response, text},
    secret::RunSecret,
};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// The challenge to a client of the proxy without the secret.
const CHALLENGE: HeaderValue = HeaderValue::from_static("Basic realm=\"cpan-sigstore\"");
/// The beginning of the product that every browser states.
const BROWSER: &str = "Mozilla/";

/// Who may make requests of a mirror.
pub struct Access {
    more: Vec<HostName>,
    secret: Option<RunSecret>,
}

impl Access {
    /// Everybody who calls the mirror by its address, as localhost, or by one of these names.
    pub fn by_names(more: Vec<HostName>) -> Self {
        Self { more, secret: None }
    }

    /// Only a client that was given this secret: in the address of the mirror, or for its proxy.
    pub fn with_secret(secret: RunSecret) -> Self {
        Self {
            more: Vec::new(),
            secret: Some(secret),
        }
    }

    /// The same for a mirror that listens on an address.
    pub(super) fn at(self, address: SocketAddr) -> Guard {
        Guard {
            names: Names::new(address.ip(), self.more),
            secret: self.secret,
        }
    }
}

/// A request that is to be answered.
pub(super) enum Admitted {
    /// For this path of the mirror itself.
    Own(String),
    /// For this address, through the proxy.
    Proxied(Uri),
}

/// The reason not to answer a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stranger {
    /// It is for another host name, or for none.
    Host,
    /// A page of another site made it.
    CrossSite,
    /// It has not the secret of the mirror.
    Secret,
    /// It has not the secret of the proxy.
    Proxy,
}

impl Stranger {
    /// The stable code, for metrics.
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::CrossSite => "cross-site",
            Self::Secret => "secret",
            Self::Proxy => "proxy",
        }
    }

    /// The response. It repeats nothing of the request.
    pub(super) fn response(self) -> Response {
        match self {
            Self::Host => text(
                StatusCode::MISDIRECTED_REQUEST,
                "refused: this mirror has another host name\n",
            ),
            Self::CrossSite => text(
                StatusCode::FORBIDDEN,
                "refused: a page of another site, or a browser that names no page, made this request\n",
            ),
            Self::Secret => text(
                StatusCode::FORBIDDEN,
                "refused: this mirror serves one run of one client\n",
            ),
            Self::Proxy => {
                let mut response = text(
                    StatusCode::PROXY_AUTHENTICATION_REQUIRED,
                    "refused: this proxy serves one run of one client\n",
                );
                let headers = response.headers_mut();
                headers.insert(header::PROXY_AUTHENTICATE, CHALLENGE);
                response
            }
        }
    }
}

/// The check of each request to a mirror.
pub(super) struct Guard {
    names: Names,
    secret: Option<RunSecret>,
}

impl Guard {
    /// Whether and as what a request is answered.
    pub(super) fn admit<B>(&self, request: &Request<B>) -> Result<Admitted, Stranger> {
        let (uri, headers) = (request.uri(), request.headers());
        if is_of_another_site(headers) {
            return Err(Stranger::CrossSite);
        }
        if request.method() == Method::CONNECT || uri.authority().is_some() {
            return self.proxied(uri, headers);
        }
        let host = own_host(headers).filter(|host| self.names.contain(host.host()));
        let host = host.ok_or(Stranger::Host)?;
        if names_another_host(headers, &host) {
            return Err(Stranger::CrossSite);
        }
        let path = match &self.secret {
            None => uri.path(),
            Some(secret) => secret.strip(uri.path()).ok_or(Stranger::Secret)?,
        };
        if is_a_file(path) && is_a_browser_without_a_page(headers) {
            return Err(Stranger::CrossSite);
        }
        Ok(Admitted::Own(path.to_owned()))
    }

    /// An absolute address, which no page can make a browser send to a host that is not its proxy.
    fn proxied(&self, uri: &Uri, headers: &HeaderMap) -> Result<Admitted, Stranger> {
        let Some(secret) = &self.secret else {
            return Ok(Admitted::Proxied(uri.clone()));
        };
        let is_own = uri.host().is_some_and(|host| self.names.contain(host));
        if is_own && let Some(path) = secret.strip(uri.path()) {
            return Ok(Admitted::Own(path.to_owned()));
        }
        let mut given = headers.get_all(header::PROXY_AUTHORIZATION).iter();
        if given.any(|value| secret.is_in(value.as_bytes())) {
            return Ok(Admitted::Proxied(uri.clone()));
        }
        Err(Stranger::Proxy)
    }

    /// A text without the secret.
    pub(super) fn without_secret(&self, text: String) -> String {
        match &self.secret {
            Some(secret) => secret.hide(&text),
            None => text,
        }
    }
}

/// The one host that a request is for.
fn own_host(headers: &HeaderMap) -> Option<Authority> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (host, None) = (hosts.next()?, hosts.next()) else {
        return None;
    };
    let host = host.to_str().ok()?;
    // A name and a port, and no user before them.
    host.parse().ok().filter(|_| !host.contains('@'))
}

/// Whether a browser states that another site made it send the request (Fetch Metadata).
fn is_of_another_site(headers: &HeaderMap) -> bool {
    let own = |value: &HeaderValue| matches!(value.as_bytes(), b"same-origin" | b"none");
    !headers.get_all(SEC_FETCH_SITE).iter().all(own)
}

/// Whether a request names a page of another host than its own. No client of CPAN names any.
fn names_another_host(headers: &HeaderMap, own: &Authority) -> bool {
    let is_other = |value: &HeaderValue| {
        let page = value
            .to_str()
            .ok()
            .and_then(|page| page.parse::<Uri>().ok());
        let host = page.as_ref().and_then(Uri::authority);
        !host.is_some_and(|host| host.as_str().eq_ignore_ascii_case(own.as_str()))
    };
    let named = [header::ORIGIN, header::REFERER];
    named
        .iter()
        .any(|name| headers.get_all(name).iter().any(is_other))
}

/// Whether a path leads to a file of CPAN, and not to a page about the mirror.
fn is_a_file(path: &str) -> bool {
    path != "/" && !path.starts_with("/-/")
}

/// A browser states the site only to hosts that it takes for secure: not by plain HTTP over a network.
fn is_a_browser_without_a_page(headers: &HeaderMap) -> bool {
    let is_browser = |value: &HeaderValue| value.as_bytes().starts_with(BROWSER.as_bytes());
    !headers.contains_key(SEC_FETCH_SITE)
        && headers.get_all(header::USER_AGENT).iter().any(is_browser)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "000102030405060708090a0b0c0d0e0f";

    fn guard(access: Access, address: &str) -> Guard {
        access.at(address.parse().unwrap())
    }

    fn open() -> Guard {
        let more = vec!["cpan.example.org".parse().unwrap()];
        guard(Access::by_names(more), "127.0.0.1:8199")
    }

    fn private() -> Guard {
        let secret = RunSecret::from_bytes(std::array::from_fn(|at| at as u8));
        guard(Access::with_secret(secret), "127.0.0.1:8199")
    }

    fn asked(guard: &Guard, uri: &str, headers: &[(&str, &str)]) -> Result<String, Stranger> {
        let mut request = Request::builder().uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Ok(match guard.admit(&request.body(()).unwrap())? {
            Admitted::Own(path) => path,
            Admitted::Proxied(uri) => uri.to_string(),
        })
    }

    #[test]
    fn answers_only_requests_for_its_own_host_names() {
        for host in [
            "127.0.0.1:8199",
            "127.0.0.2",
            "localhost:1",
            "LOCALHOST",
            "tim.localhost",
            "[::1]:8199",
            "cpan.example.org",
            "CPAN.example.org.:443",
        ] {
            assert_eq!(
                asked(&open(), "/x", &[("host", host)]).unwrap(),
                "/x",
                "{host}"
            );
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "evillocalhost",
            "x.cpan.example.org",
            "192.168.1.1",
            "127.0.0.1@evil.example",
            "evil.example@127.0.0.1",
            "127.0.0.1.evil.example",
            "2130706433",
            "",
        ] {
            let refused = asked(&open(), "/x", &[("host", host)]);
            assert_eq!(refused, Err(Stranger::Host), "{host}");
        }
        assert_eq!(asked(&open(), "/x", &[]), Err(Stranger::Host));
        let two = [("host", "localhost"), ("host", "localhost")];
        assert_eq!(asked(&open(), "/x", &two), Err(Stranger::Host));
    }

    #[test]
    fn answers_any_address_if_it_listens_on_all() {
        let all = guard(Access::by_names(Vec::new()), "0.0.0.0:80");
        for host in ["192.168.1.1", "[2001:db8::1]:80", "localhost"] {
            asked(&all, "/x", &[("host", host)]).unwrap();
        }
        assert!(asked(&all, "/x", &[("host", "evil.example")]).is_err());
        let one = guard(Access::by_names(Vec::new()), "10.0.0.5:80");
        asked(&one, "/x", &[("host", "10.0.0.5:80")]).unwrap();
        assert!(asked(&one, "/x", &[("host", "10.0.0.6")]).is_err());
    }

    #[test]
    fn refuses_requests_that_pages_of_other_sites_make() {
        let host = ("host", "localhost:8199");
        for header in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-site", "news"),
            ("origin", "http://evil.example"),
            ("origin", "http://localhost:9000"),
            ("origin", "null"),
            ("referer", "http://evil.example/page"),
            ("user-agent", "Mozilla/5.0 (X11) Firefox/140.0"),
        ] {
            let refused = asked(&open(), "/authors/x", &[host, header]);
            assert_eq!(refused, Err(Stranger::CrossSite), "{header:?}");
        }
        let proxied = asked(&open(), "http://x/y", &[("sec-fetch-site", "cross-site")]);
        assert_eq!(proxied, Err(Stranger::CrossSite));
        for headers in [
            &[("sec-fetch-site", "none")][..],
            &[
                ("sec-fetch-site", "same-origin"),
                ("referer", "http://localhost:8199/"),
            ],
            &[("sec-fetch-site", "none"), ("user-agent", "Mozilla/5.0")],
            &[("user-agent", "cpanminus/1.7046")],
        ] {
            asked(&open(), "/authors/x", &[headers, &[host]].concat()).unwrap();
        }
        // Pages about the mirror change nothing.
        asked(
            &open(),
            "/-/verdicts",
            &[host, ("user-agent", "Mozilla/5.0")],
        )
        .unwrap();
    }

    #[test]
    fn private_mirror_wants_the_secret_of_its_run() {
        let host = ("host", "127.0.0.1:8199");
        let own = |path: &str| asked(&private(), path, &[host]);
        assert_eq!(own(&format!("/{SECRET}/modules/x")).unwrap(), "/modules/x");
        assert_eq!(own(&format!("/{SECRET}")).unwrap(), "/");
        for path in [
            "/",
            "/modules/x",
            "/-/verdicts",
            "/-/metrics",
            &format!("/{}/x", &SECRET[1..]),
            &format!("/{SECRET}0/x"),
            &format!("//{SECRET}/x"),
            &format!("/x/{SECRET}"),
        ] {
            assert_eq!(own(path), Err(Stranger::Secret), "{path}");
        }
        let named = asked(
            &private(),
            &format!("/{SECRET}/x"),
            &[("host", "evil.example")],
        );
        assert_eq!(named, Err(Stranger::Host));
    }

    #[test]
    fn private_proxy_wants_the_secret_of_its_run() {
        // x:000102030405060708090a0b0c0d0e0f
        let right = "eDowMDAxMDIwMzA0MDUwNjA3MDgwOTBhMGIwYzBkMGUwZg==";
        let uri = "http://www.cpan.org/modules/x";
        for value in [format!("Basic {right}"), format!("basic  {right}")] {
            let given = [("proxy-authorization", &*value)];
            assert_eq!(asked(&private(), uri, &given).unwrap(), uri);
        }
        for value in ["", "Basic", "Basic eDp4", right, &format!("Bearer {right}")] {
            let given = [("proxy-authorization", value)];
            assert_eq!(
                asked(&private(), uri, &given),
                Err(Stranger::Proxy),
                "{value}"
            );
        }
        assert_eq!(asked(&private(), uri, &[]), Err(Stranger::Proxy));
        // The mirror's own address through the proxy has the secret in it.
        let own = format!("http://127.0.0.1:8199/{SECRET}/modules/x");
        assert_eq!(asked(&private(), &own, &[]).unwrap(), "/modules/x");
        let other = format!("http://www.cpan.org/{SECRET}/modules/x");
        assert_eq!(asked(&private(), &other, &[]), Err(Stranger::Proxy));
    }

    #[test]
    fn shows_no_secret() {
        let text = format!("http://x/{SECRET}/y {SECRET}");
        assert_eq!(
            private().without_secret(text),
            "http://x/[secret]/y [secret]"
        );
    }
}
