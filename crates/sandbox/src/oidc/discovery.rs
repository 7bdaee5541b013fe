//! Metadata for clients: OpenID Connect Discovery 1.0 §4, and the keys.

use axum::{Json, extract::State};
use serde_json::{Value, json};

use super::{Issuer, ProviderMisbehaviour};

pub(super) async fn configuration(State(issuer): State<Issuer>) -> Json<Value> {
    let wrong = issuer.provider.wrong();
    let url = issuer.url();
    let named = match wrong {
        Some(ProviderMisbehaviour::ForeignDiscovery) => format!("{url}/elsewhere"),
        _ => url.clone(),
    };
    let login_page = match wrong {
        Some(ProviderMisbehaviour::FileEndpoint) => "file:///etc/passwd".to_owned(),
        _ => format!("{url}/authorize"),
    };
    Json(json!({
        "issuer": named,
        "authorization_endpoint": login_page,
        "token_endpoint": format!("{url}/token"),
        "jwks_uri": format!("{url}/keys"),
        "device_authorization_endpoint": format!("{url}/device/code"),
        "response_types_supported": ["code"],
        "grant_types_supported": [
            "authorization_code",
            "urn:ietf:params:oauth:grant-type:device_code",
        ],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": ["openid", "email"],
        "token_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
        "claims_supported": ["aud", "email", "email_verified", "exp", "iat", "iss", "nonce", "sub"],
    }))
}

pub(super) async fn keys(State(issuer): State<Issuer>) -> Json<Value> {
    Json(issuer.provider.inner.key.key_set())
}
