//! One HTTP service on loopback: where it is, what it was asked, how it is disturbed.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::serve::ListenerExt;

use crate::fault::{Faults, disturb};

/// The User-Agent of requests that authorities make to each other, which are not recorded.
pub(crate) const INTERNAL_AGENT: &str = "cpan-sigstore-sandbox-internal";

/// The hosts that mean this machine. A page on the web that has its own name point here is refused.
const LOOPBACK: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

/// A service that listens on a free port of 127.0.0.1.
#[derive(Clone)]
pub struct Service {
    url: String,
    faults: Faults,
    requests: Arc<Mutex<Vec<String>>>,
}

/// Where the authorities answer, what they were asked, how they are disturbed.
#[derive(Clone)]
#[allow(
    missing_docs,
    reason = "each is the service of the authority of the same name"
)]
pub struct Services {
    pub oidc: Service,
    pub ca: Service,
    pub ct_log: Service,
    pub rekor_v1: Service,
    pub rekor_v2: Service,
    pub tsa: Service,
    pub tuf: Service,
    pub pause: Service,
    /// The tree that PAUSE publishes, as a mirror of CPAN serves it.
    pub cpan: Service,
}

impl Service {
    /// Takes a free port, so that the address is known before anything answers there.
    pub(crate) fn bind() -> std::io::Result<(Self, TcpListener)> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let service = Self {
            url: format!("http://{}", listener.local_addr()?),
            faults: Faults::default(),
            requests: Arc::default(),
        };
        Ok((service, listener))
    }

    /// Answers on `listener` until the runtime ends.
    pub(crate) async fn serve(self, listener: TcpListener, router: Router) -> std::io::Result<()> {
        let router = router
            .layer(from_fn_with_state(self.faults.clone(), disturb))
            .layer(from_fn_with_state(Arc::clone(&self.requests), record))
            .layer(from_fn(refuse_foreign_hosts));
        let listener = tokio::net::TcpListener::from_std(listener)?.tap_io(|connection| {
            // Small answers wait for nothing.
            let _ = connection.set_nodelay(true);
        });
        axum::serve(listener, router).await
    }

    /// The address without a path, such as `http://127.0.0.1:4711`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How its requests are disturbed.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The requests of clients so far, each as method and path, such as `POST /api/v2/log/entries`.
    ///
    /// What the authorities ask each other is left out.
    pub fn requests(&self) -> Vec<String> {
        lock(&self.requests).clone()
    }
}

async fn record(
    State(requests): State<Arc<Mutex<Vec<String>>>>,
    request: Request,
    next: Next,
) -> Response {
    let agent = request.headers().get(header::USER_AGENT);
    if agent.is_none_or(|agent| agent != INTERNAL_AGENT) {
        lock(&requests).push(format!("{} {}", request.method(), request.uri().path()));
    }
    next.run(request).await
}

async fn refuse_foreign_hosts(request: Request, next: Next) -> Response {
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .map(|host| host.rsplit_once(':').map_or(host, |(name, _)| name));
    match host {
        Some(host) if LOOPBACK.contains(&host) => next.run(request).await,
        _ => StatusCode::FORBIDDEN.into_response(),
    }
}

fn lock(requests: &Mutex<Vec<String>>) -> std::sync::MutexGuard<'_, Vec<String>> {
    requests.lock().unwrap_or_else(PoisonError::into_inner)
}
