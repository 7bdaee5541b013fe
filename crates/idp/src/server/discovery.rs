//! Metadata for clients (OpenID Connect Discovery 1.0, section 4), and the keys.

use axum::{Json, extract::State};
use serde_json::{Value, json};

use super::Idp;
use crate::keys::JwkSet;

pub(super) async fn configuration(State(idp): State<Idp>) -> Json<Value> {
    let issuer = idp.config().issuer();
    Json(json!({
        "issuer": issuer,
        "jwks_uri": format!("{issuer}/oidc/jwks"),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
    }))
}

pub(super) async fn keys(State(idp): State<Idp>) -> Json<JwkSet> {
    Json(JwkSet {
        keys: vec![idp.0.key.public()],
    })
}
