//! Errors for programs, as OAuth states them (RFC 6749, section 5.2).

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::{login::LoginError, state::Limit};

/// Seconds after which it is worth to try again: the window of failures, and of tokens.
const FAILURES: &str = "900";
const TOKENS: &str = "3600";
const BUSY: &str = "5";

/// An error's code and status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OAuthError {
    /// A parameter is missing, repeated, or has a wrong value.
    InvalidRequest,
    /// The client is unknown, or may not do this.
    InvalidClient,
    /// The code, or the credentials, are not valid.
    InvalidGrant,
    /// The grant is none of this provider's.
    UnsupportedGrantType,
    /// The account gets no tokens.
    AccessDenied,
    /// The provider cannot answer.
    ServerError,
}

impl OAuthError {
    const fn code(self) -> (StatusCode, &'static str) {
        match self {
            Self::InvalidRequest => (StatusCode::BAD_REQUEST, "invalid_request"),
            Self::InvalidClient => (StatusCode::BAD_REQUEST, "invalid_client"),
            Self::InvalidGrant => (StatusCode::BAD_REQUEST, "invalid_grant"),
            Self::UnsupportedGrantType => (StatusCode::BAD_REQUEST, "unsupported_grant_type"),
            Self::AccessDenied => (StatusCode::FORBIDDEN, "access_denied"),
            Self::ServerError => (StatusCode::INTERNAL_SERVER_ERROR, "server_error"),
        }
    }
}

/// Returns an error with its description.
pub fn oauth_error(error: OAuthError, description: &str) -> Response {
    let (status, code) = error.code();
    respond(status, code, description)
}

fn respond(status: StatusCode, code: &str, description: &str) -> Response {
    let body = json!({ "error": code, "error_description": description });
    (status, Json(body)).into_response()
}

/// Returns the response to a login that failed, for a program.
pub(super) fn login_error(error: &LoginError) -> Response {
    let text = error.to_string();
    match error {
        LoginError::Wrong => {
            let headers = [(header::WWW_AUTHENTICATE, "Bearer")];
            (
                headers,
                respond(StatusCode::UNAUTHORIZED, "invalid_grant", &text),
            )
                .into_response()
        }
        LoginError::Refused(_) => oauth_error(OAuthError::AccessDenied, &text),
        LoginError::Limited(limit) => {
            let headers = [(header::RETRY_AFTER, retry_after(*limit))];
            let body = respond(StatusCode::TOO_MANY_REQUESTS, "slow_down", &text);
            (headers, body).into_response()
        }
        LoginError::Busy => {
            let headers = [(header::RETRY_AFTER, BUSY)];
            let body = respond(
                StatusCode::SERVICE_UNAVAILABLE,
                "temporarily_unavailable",
                &text,
            );
            (headers, body).into_response()
        }
        LoginError::Accounts(_) | LoginError::State(_) => {
            tracing::error!(%error, "cannot check a login");
            oauth_error(
                OAuthError::ServerError,
                "the provider cannot check logins now",
            )
        }
    }
}

/// Returns the seconds after which it is worth to try again.
pub(super) const fn retry_after(limit: Limit) -> &'static str {
    match limit {
        Limit::Failures => FAILURES,
        Limit::Tokens => TOKENS,
    }
}
