//! The local port to which the browser returns with the code (RFC 8252 §7.3).

use std::{
    convert::Infallible,
    io,
    net::{Ipv4Addr, Ipv6Addr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use hyper::{Method, Request, Response, StatusCode, body::Incoming, header, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use url::form_urlencoded;

use super::{super::LoginError, page};

/// The only path that is served. Providers insist on it.
const PATH: &str = "/auth/callback";
/// Largest head of a request, in bytes.
const HEAD_LIMIT: usize = 16 * 1024;
/// Longest time until a connection sends its request. Browsers open some connections in advance.
const HEAD_PATIENCE: Duration = Duration::from_secs(10);
/// How many ports are tried if the port is free for IPv4 but taken for IPv6.
const PORT_ATTEMPTS: usize = 8;

/// The code, or the error, that the browser returned.
type CallbackResult = Result<String, LoginError>;

/// A listener for one login.
pub(super) struct Callback {
    ipv4: TcpListener,
    /// Browsers may resolve `localhost` to either address. `None` on machines without IPv6.
    ipv6: Option<TcpListener>,
    port: u16,
}

impl Callback {
    /// Listens on a free port of 127.0.0.1, and of ::1 if there is one.
    ///
    /// A port that another process has on ::1 is not used: the code would go to that process.
    pub(super) async fn listen() -> io::Result<Self> {
        let mut attempt = 1;
        loop {
            let ipv4 = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
            let port = ipv4.local_addr()?.port();
            let ipv6 = match TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await {
                Ok(listener) => Some(listener),
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                    if attempt == PORT_ATTEMPTS {
                        return Err(error);
                    }
                    attempt += 1;
                    continue;
                }
                Err(_) => None,
            };
            return Ok(Self { ipv4, ipv6, port });
        }
    }

    pub(super) fn redirect_uri(&self) -> String {
        format!("http://localhost:{}{PATH}", self.port)
    }

    /// Waits for the browser. The first request for the path decides, whether it brings a code or
    /// an error.
    pub(super) async fn code(self, state: &str) -> CallbackResult {
        let state: Arc<str> = state.into();
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.accept() => {
                    let stream = accepted.map_err(LoginError::Listen)?;
                    connections.spawn(answer(stream, self.port, Arc::clone(&state)));
                }
                Some(served) = connections.join_next() => {
                    if let Ok(Some(result)) = served {
                        return result;
                    }
                }
            }
        }
    }

    async fn accept(&self) -> io::Result<TcpStream> {
        let accepted = match &self.ipv6 {
            None => self.ipv4.accept().await,
            Some(ipv6) => tokio::select! {
                accepted = self.ipv4.accept() => accepted,
                accepted = ipv6.accept() => accepted,
            },
        };
        accepted.map(|(stream, _)| stream)
    }
}

/// Serves one connection to its end and returns the result if it was the callback.
async fn answer(stream: TcpStream, port: u16, state: Arc<str>) -> Option<CallbackResult> {
    let outcome: Arc<Mutex<Option<CallbackResult>>> = Arc::default();
    let service = service_fn(|request: Request<Incoming>| {
        let (reply, result) = reply(&request, port, &state);
        if result.is_some() {
            *outcome.lock().unwrap_or_else(PoisonError::into_inner) = result;
        }
        async { Ok::<_, Infallible>(reply) }
    });
    // If the connection breaks after it brought the code, the code is still valid.
    let _ = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_PATIENCE)
        .max_buf_size(HEAD_LIMIT)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    outcome
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take()
}

fn reply<B>(
    request: &Request<B>,
    port: u16,
    state: &str,
) -> (Response<String>, Option<CallbackResult>) {
    let host = request
        .headers()
        .get(header::HOST)
        .map(|host| host.as_bytes());
    let ours = ["localhost", "127.0.0.1", "[::1]"]
        .iter()
        .any(|name| host == Some(format!("{name}:{port}").as_bytes()));
    // A foreign host name that resolves to this machine belongs to a page of that host.
    if !ours || request.uri().path() != PATH {
        let text = "This address only waits for a login to return.";
        return (show(StatusCode::NOT_FOUND, "Not found", text), None);
    }
    if request.method() != Method::GET {
        let text = "A login returns by GET.";
        return (
            show(StatusCode::METHOD_NOT_ALLOWED, "Not allowed", text),
            None,
        );
    }
    let result = read(request.uri().query().unwrap_or_default(), state);
    let reply = match &result {
        Ok(_) => show(
            StatusCode::OK,
            "You are logged in",
            "You may close this page and return to the terminal.",
        ),
        Err(LoginError::Denied) => show(
            StatusCode::OK,
            "Login denied",
            "Nothing was signed. You may close this page.",
        ),
        Err(_) => show(
            StatusCode::BAD_REQUEST,
            "Login failed",
            "The terminal shows the reason. Nothing was signed.",
        ),
    };
    (reply, Some(result))
}

/// Returns the code in the query if `state` is that of this login (RFC 6749 §4.1.2 and §10.12).
fn read(query: &str, state: &str) -> CallbackResult {
    let parameter = |wanted: &str| {
        let mut found = form_urlencoded::parse(query.as_bytes())
            .filter(|(name, _)| name == wanted)
            .map(|(_, value)| value.into_owned());
        // A repeated parameter is ignored (RFC 6749 §3.1).
        let first = found.next();
        first.filter(|_| found.next().is_none())
    };
    if parameter("state").as_deref() != Some(state) {
        return Err(LoginError::StateMismatch);
    }
    match (parameter("error").as_deref(), parameter("code")) {
        (Some("access_denied"), _) => Err(LoginError::Denied),
        (Some(code), _) => Err(LoginError::Refused {
            code: code.to_owned(),
            description: parameter("error_description"),
        }),
        (None, Some(code)) if !code.is_empty() => Ok(code),
        (None, _) => Err(LoginError::NoCode),
    }
}

fn show(status: StatusCode, title: &str, text: &str) -> Response<String> {
    let mut response = Response::new(page::html(title, text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'",
        ),
        // The address contains the code and must not be passed on.
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, header::HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_a_code_only_for_this_login() {
        let code = |query: &str| read(query, "sent");
        assert!(matches!(code("code=abc&state=sent"), Ok(code) if code == "abc"));
        for query in [
            "code=abc",
            "code=abc&state=other",
            "code=abc&state=sent&state=sent",
            "error=access_denied",
        ] {
            let answer = code(query);
            assert!(matches!(answer, Err(LoginError::StateMismatch)), "{query}");
        }
        assert!(matches!(
            code("error=access_denied&state=sent"),
            Err(LoginError::Denied)
        ));
        assert!(matches!(
            code("error=server_error&error_description=no+luck&state=sent"),
            Err(LoginError::Refused { code, description: Some(text) })
                if code == "server_error" && text == "no luck"
        ));
        for query in ["state=sent", "state=sent&code=", "state=sent&code=a&code=b"] {
            assert!(matches!(code(query), Err(LoginError::NoCode)), "{query}");
        }
    }
}
