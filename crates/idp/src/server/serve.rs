//! The server, and what it does from time to time.

use std::{io, net::SocketAddr, time::Duration};

use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;
use tokio::net::TcpListener;

use super::Idp;

/// Time between two looks at the keys and the state.
const TICK: Duration = Duration::from_secs(60);
/// Longest time for one request.
const PATIENCE: Duration = Duration::from_secs(30);
/// Age at which rows of the audit table are removed.
const AUDIT_AGE: SignedDuration = SignedDuration::from_hours(24 * 400);

/// Why a server ends.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address cannot be used.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The connection to the network failed.
    #[error("cannot serve: {0}")]
    Serve(#[source] io::Error),
}

impl Idp {
    /// Listens on the configured address.
    ///
    /// # Errors
    /// [`ServeError::Listen`] if it cannot be used.
    pub async fn listen(&self) -> Result<TcpListener, ServeError> {
        let address = self.config().listen;
        TcpListener::bind(address)
            .await
            .map_err(|source| ServeError::Listen { address, source })
    }

    /// Serves requests until `stop` ends, and then those that have begun.
    ///
    /// # Errors
    /// [`ServeError::Serve`] if the network fails.
    pub async fn serve(
        &self,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), ServeError> {
        let upkeep = tokio::spawn(self.clone().keep_up());
        let service = self
            .router()
            .layer(from_fn(limit_time))
            .into_make_service_with_connect_info::<SocketAddr>();
        let served = axum::serve(listener, service)
            .with_graceful_shutdown(stop)
            .await;
        upkeep.abort();
        served.map_err(ServeError::Serve)
    }

    /// Rotates keys and cleans the state, once in each minute.
    async fn keep_up(self) {
        let mut ticks = tokio::time::interval(TICK);
        loop {
            ticks.tick().await;
            self.tick().await;
        }
    }

    /// Rotates keys and cleans the state, if it is time. Failures are logged, and tried again with the next tick.
    pub async fn tick(&self) {
        if let Err(error) = self.refresh_keys() {
            tracing::error!(%error, "cannot refresh the keys");
        }
        let now = self.clock().now();
        let keep_from = now.saturating_sub(AUDIT_AGE).unwrap_or(now);
        if let Err(error) = self.state().clean(now, keep_from).await {
            tracing::error!(%error, "cannot clean the state");
        }
        if let Some(exchange) = self.exchange() {
            exchange.clean().await;
        }
    }
}

async fn limit_time(request: Request, next: Next) -> Response {
    let answered = tokio::time::timeout(PATIENCE, next.run(request)).await;
    answered.unwrap_or_else(|_| axum::http::StatusCode::SERVICE_UNAVAILABLE.into_response())
}
