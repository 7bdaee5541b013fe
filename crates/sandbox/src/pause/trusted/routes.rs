//! The requests of trusted publishing.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Pause, Workflow};
use crate::pause::{PauseMisbehaviour, api::bearer, form::unauthorized};

#[derive(Deserialize)]
pub(super) struct Request {
    token: String,
    user: Option<String>,
}

pub(super) async fn document(State(pause): State<Pause>) -> Response {
    let wrong = pause.misbehaviour().get();
    let state = pause.state();
    let Some(trusted) = &state.trusted else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let origin = match wrong {
        Some(PauseMisbehaviour::ForeignExchange) => "https://pause.evil.example",
        _ => &trusted.origin,
    };
    Json(json!({
        "version": 1,
        "exchange": format!("{origin}/oidc/exchange"),
        "registrations": format!("{origin}/oidc/trusted-publishers"),
        "issuers": [trusted.provider.ci_issuer()],
    }))
    .into_response()
}

pub(super) async fn exchange(State(pause): State<Pause>, Json(request): Json<Request>) -> Response {
    if pause
        .misbehaviour()
        .is(PauseMisbehaviour::RedirectingExchange)
    {
        let elsewhere = [(header::LOCATION, "http://127.0.0.1:1/oidc/exchange")];
        return (StatusCode::TEMPORARY_REDIRECT, elsewhere).into_response();
    }
    if pause.misbehaviour().is(PauseMisbehaviour::ExchangeDown) {
        return (
            StatusCode::SERVICE_UNAVAILABLE,
            [(header::RETRY_AFTER, "3600")],
        )
            .into_response();
    }
    let wanted = match pause
        .misbehaviour()
        .is(PauseMisbehaviour::OtherAuthorsToken)
    {
        true => None,
        false => request.user.as_deref(),
    };
    match pause.exchange(&request.token, wanted) {
        Ok((token, until)) => {
            let user = token.split(':').next().unwrap_or_default();
            let body = json!({ "token": token, "user": user, "expires": until.to_string() });
            ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
        }
        Err(code) => refused(StatusCode::FORBIDDEN, code),
    }
}

/// Ends the validity of the sent token, whether or not there is one.
pub(super) async fn revoke(State(pause): State<Pause>, headers: HeaderMap) -> Response {
    let header = headers.get(header::AUTHORIZATION);
    if let Some(token) = header.and_then(|header| bearer(header.to_str().ok()?)) {
        pause.state().tokens.revoke(token);
    }
    StatusCode::NO_CONTENT.into_response()
}

pub(super) async fn list(State(pause): State<Pause>, headers: HeaderMap) -> Response {
    match pause.login(&headers) {
        Some(user) => {
            Json(json!({ "trusted-publishers": pause.registrations(user) })).into_response()
        }
        None => unauthorized(),
    }
}

pub(super) async fn add(
    State(pause): State<Pause>,
    headers: HeaderMap,
    Json(workflow): Json<Value>,
) -> Response {
    let Some(user) = pause.login(&headers) else {
        return unauthorized();
    };
    let Ok(workflow) = serde_json::from_value::<Workflow>(workflow) else {
        return refused(StatusCode::BAD_REQUEST, "registration-invalid");
    };
    let added = pause.register_workflow(user, workflow);
    (StatusCode::CREATED, Json(added)).into_response()
}

pub(super) async fn remove(
    State(pause): State<Pause>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    match pause.login(&headers) {
        None => unauthorized(),
        Some(user) if pause.end_registration(user, &id) => StatusCode::NO_CONTENT.into_response(),
        Some(_) => refused(StatusCode::NOT_FOUND, "registration-unknown"),
    }
}

fn refused(status: StatusCode, code: &str) -> Response {
    (status, Json(json!({ "error": code }))).into_response()
}
