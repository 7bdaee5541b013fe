//! The HTTP interface. A reverse proxy has to put TLS in front of it.

mod discovery;

use std::sync::Arc;

use axum::{Router, extract::DefaultBodyLimit, routing::get};

use crate::{Clock, config::Config, exchange, keys::SigningKey};

/// Largest body of a request, in bytes. Exchanged tokens of CI systems are the largest.
const LARGEST_BODY: usize = 32 * 1024;

/// A provider. Clones are the same provider.
#[derive(Clone)]
pub struct Idp(Arc<Inner>);

struct Inner {
    config: Config,
    clock: Clock,
    key: SigningKey,
}

impl Idp {
    /// Creates a provider.
    pub fn new(config: Config, clock: Clock, key: SigningKey) -> Self {
        Self(Arc::new(Inner { config, clock, key }))
    }

    /// Returns the settings.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// Returns the clock.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Returns all routes, to be served at the issuer's address.
    pub fn router(&self) -> Router {
        Router::new()
            .route(
                "/.well-known/openid-configuration",
                get(discovery::configuration),
            )
            .route("/oidc/jwks", get(discovery::keys))
            .merge(exchange::routes())
            .layer(DefaultBodyLimit::max(LARGEST_BODY))
            .with_state(self.clone())
    }
}
