//! Trusted publishing: `POST /oidc/exchange` exchanges a CI's token for an upload token of minutes.

use axum::Router;

use crate::server::Idp;

/// Returns the routes.
pub fn routes() -> Router<Idp> {
    Router::new()
}
