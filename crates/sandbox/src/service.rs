//! One HTTP service on loopback: its address, its requests and its faults.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::serve::ListenerExt;

use crate::fault::{Faults, disturb};

/// User-Agent of requests between authorities, which are not recorded.
pub(crate) const INTERNAL_AGENT: &str = "cpan-sigstore-sandbox-internal";

/// Host names of this machine. A web page whose name points here is refused.
const LOOPBACK: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

/// A service on a free port of 127.0.0.1.
#[derive(Clone)]
pub struct Service {
    url: String,
    faults: Faults,
    requests: Arc<Mutex<Vec<String>>>,
}

/// The services of all authorities.
#[derive(Clone)]
pub struct Services {
    pub oidc: Service,
    pub ca: Service,
    pub ct_log: Service,
    pub rekor_v1: Service,
    pub rekor_v2: Service,
    pub tsa: Service,
    pub tuf: Service,
    pub pause: Service,
    /// The tree that PAUSE publishes, as a CPAN mirror serves it.
    pub cpan: Service,
}

impl Service {
    /// Reserves a free port, so that the address is known before the service runs.
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

    /// Serves `listener` until the runtime ends.
    pub(crate) async fn serve(self, listener: TcpListener, router: Router) -> std::io::Result<()> {
        let router = router
            .layer(from_fn_with_state(self.faults.clone(), disturb))
            .layer(from_fn_with_state(Arc::clone(&self.requests), record))
            .layer(from_fn(refuse_foreign_hosts));
        let listener = tokio::net::TcpListener::from_std(listener)?.tap_io(|connection| {
            // Sends small responses at once.
            let _ = connection.set_nodelay(true);
        });
        axum::serve(listener, router).await
    }

    /// Returns the address without a path, such as `http://127.0.0.1:4711`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the faults of its requests.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Returns the clients' requests so far, each as method and path, such as `POST
    /// /api/v2/log/entries`. Requests between authorities are not included.
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
