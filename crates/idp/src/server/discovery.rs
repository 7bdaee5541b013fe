//! Metadata for clients (OpenID Connect Discovery 1.0, section 4), and the keys.

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::Idp;

/// How long clients may keep both: far shorter than a new key is published before it signs.
const CACHE: &str = "public, max-age=3600";

pub(super) async fn configuration(State(idp): State<Idp>) -> Response {
    let issuer = idp.config().issuer();
    let document = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/oidc/authorize"),
        "token_endpoint": format!("{issuer}/oidc/token"),
        "jwks_uri": format!("{issuer}/oidc/jwks"),
        "id_token_endpoint": format!("{issuer}/oidc/id-token"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": ["openid"],
        "token_endpoint_auth_methods_supported": ["none"],
        "claims_supported": ["aud", "amr", "auth_time", "exp", "iat", "iss", "nonce", "sub"],
        "authorization_response_iss_parameter_supported": true,
        "request_uri_parameter_supported": false,
    });
    ([(header::CACHE_CONTROL, CACHE)], Json(document)).into_response()
}

pub(super) async fn keys(State(idp): State<Idp>) -> Response {
    ([(header::CACHE_CONTROL, CACHE)], Json(idp.published_keys())).into_response()
}
