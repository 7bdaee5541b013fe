//! The token endpoint, which exchanges codes and device codes for tokens (RFC 6749 §4.1.3, RFC 8628
//! §3.4).

use axum::{
    Json,
    extract::{Form, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{Account, CLIENT_ID, Issuer, ProviderMisbehaviour, device};

#[derive(Deserialize)]
pub(super) struct TokenRequest {
    grant_type: String,
    client_id: Option<String>,
    client_secret: Option<String>,
    code: Option<String>,
    redirect_uri: Option<String>,
    pub(super) device_code: Option<String>,
    pub(super) code_verifier: Option<String>,
}

pub(super) async fn redeem(
    State(issuer): State<Issuer>,
    headers: HeaderMap,
    Form(request): Form<TokenRequest>,
) -> Response {
    if !is_our_client(&headers, &request) {
        return error(StatusCode::UNAUTHORIZED, "invalid_client");
    }
    match request.grant_type.as_str() {
        "authorization_code" => redeem_code(&issuer, &request),
        "urn:ietf:params:oauth:grant-type:device_code" => device::poll(&issuer, &request),
        _ => error(StatusCode::BAD_REQUEST, "unsupported_grant_type"),
    }
}

fn redeem_code(issuer: &Issuer, request: &TokenRequest) -> Response {
    let code = request.code.as_deref().unwrap_or_default();
    // Remove the code first: after an attempt with a wrong verifier it is void.
    let Some(grant) = issuer.provider.sessions().codes.remove(code) else {
        return error(StatusCode::BAD_REQUEST, "invalid_grant");
    };
    let good = grant.expires > issuer.provider.inner.clock.now()
        && request.redirect_uri.as_deref() == Some(&grant.request.redirect_uri)
        && proves(
            request.code_verifier.as_deref(),
            &grant.request.code_challenge,
        );
    match issuer.account(&grant.account) {
        Some(account) if good => answer(issuer, account, grant.request.nonce.as_deref()),
        _ => error(StatusCode::BAD_REQUEST, "invalid_grant"),
    }
}

/// Returns whether the client sent this verifier's digest before (RFC 7636 §4.6).
pub(super) fn proves(verifier: Option<&str>, challenge: &str) -> bool {
    verifier.is_some_and(|verifier| {
        URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())) == challenge
    })
}

/// Returns the response to a successful login.
pub(super) fn answer(issuer: &Issuer, account: &Account, nonce: Option<&str>) -> Response {
    if issuer.provider.wrong() == Some(ProviderMisbehaviour::GarbageToken) {
        return "all is well".into_response();
    }
    Json(issuer.provider.token_response(account, nonce)).into_response()
}

/// Returns an OAuth error (RFC 6749 §5.2).
pub(super) fn error(status: StatusCode, code: &str) -> Response {
    (status, Json(json!({ "error": code }))).into_response()
}

/// The public client names itself in the form, or by HTTP Basic with an empty secret.
fn is_our_client(headers: &HeaderMap, request: &TokenRequest) -> bool {
    let basic = STANDARD.encode(format!("{CLIENT_ID}:"));
    let by_header = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Basic "));
    match by_header {
        Some(credentials) => credentials == basic,
        None => {
            request.client_id.as_deref() == Some(CLIENT_ID)
                && request
                    .client_secret
                    .as_deref()
                    .unwrap_or_default()
                    .is_empty()
        }
    }
}
