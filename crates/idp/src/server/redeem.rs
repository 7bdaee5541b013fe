//! The token endpoint, which exchanges codes for tokens (OpenID Connect Core 1.0, section 3.1.3).

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    digest::{SHA256, digest},
};
use axum::{
    Json,
    extract::{Form, State, rejection::FormRejection},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::json;

use super::{Idp, NewToken, OAuthError, oauth_error};
use crate::login::TOKEN_LIFE;

/// Shortest and longest verifier (RFC 7636, section 4.1).
const VERIFIER: std::ops::RangeInclusive<usize> = 43..=128;

#[derive(Deserialize)]
pub(super) struct TokenRequest {
    grant_type: String,
    client_id: Option<String>,
    code: Option<String>,
    redirect_uri: Option<String>,
    code_verifier: Option<String>,
}

pub(super) async fn redeem(
    State(idp): State<Idp>,
    headers: HeaderMap,
    request: Result<Form<TokenRequest>, FormRejection>,
) -> Response {
    let Ok(Form(request)) = request else {
        return oauth_error(
            OAuthError::InvalidRequest,
            "a parameter is missing or repeated",
        );
    };
    if request.grant_type != "authorization_code" {
        return oauth_error(
            OAuthError::UnsupportedGrantType,
            "only codes are redeemed here",
        );
    }
    // No client has a secret. One that sends credentials believes otherwise.
    if headers.contains_key("authorization") {
        return oauth_error(
            OAuthError::InvalidClient,
            "clients have no secret here; send `client_id`",
        );
    }
    let refused = || {
        oauth_error(
            OAuthError::InvalidGrant,
            "the code is not valid, or not for this client, address and verifier",
        )
    };
    let now = idp.clock().now();
    // The code is removed first: after an attempt with a wrong verifier it is void.
    let code = request.code.as_deref().unwrap_or_default();
    let grant = match idp.state().take(code, now).await {
        Ok(Some(grant)) => grant,
        Ok(None) => return refused(),
        Err(error) => return failed(&error),
    };
    let is_theirs = request.client_id.as_deref() == Some(&grant.client)
        && request.redirect_uri.as_deref() == Some(&grant.redirect_uri)
        && proves(request.code_verifier.as_deref(), &grant.challenge);
    if !is_theirs {
        return refused();
    }
    let key = match idp.signing_key() {
        Ok(key) => key,
        Err(error) => return failed(&error),
    };
    let token = idp.sign(
        &key,
        &NewToken {
            subject: &grant.subject,
            audience: &grant.client,
            auth_time: grant.auth_time,
            nonce: grant.nonce.as_deref(),
            amr: "pwd",
        },
    );
    let token = match token {
        Ok(token) => token,
        Err(error) => return failed(&error),
    };
    if let Err(error) = idp.state().redeemed(grant.row, key.kid()).await {
        return failed(&error);
    }
    Json(json!({
        "id_token": token,
        "token_type": "Bearer",
        "expires_in": TOKEN_LIFE.as_secs(),
        // OAuth demands one. It opens nothing.
        "access_token": "none",
    }))
    .into_response()
}

/// Returns whether the client sent this verifier's digest before (RFC 7636, section 4.6).
fn proves(verifier: Option<&str>, challenge: &str) -> bool {
    verifier.is_some_and(|verifier| {
        let found = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
        VERIFIER.contains(&verifier.len())
            && verify_slices_are_equal(found.as_bytes(), challenge.as_bytes()).is_ok()
    })
}

pub(super) fn failed(error: &dyn std::error::Error) -> Response {
    tracing::error!(%error, "cannot issue a token");
    oauth_error(
        OAuthError::ServerError,
        "the provider cannot issue tokens now",
    )
}
