//! The requests of trusted publishing, by section 14 of the standard.

use std::net::IpAddr;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Extension, Form, Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{delete, get, post},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use cpan_sigstore_core::{json, release::PauseId};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::json;

use super::{Exchange, Refusal, Workflow};
use crate::server::ClientAddress;

/// The version of the document.
const VERSION: u8 = 1;
/// The scope of upload tokens, as PAUSE names it.
const SCOPE: &str = "upload:distributions";
/// Time after which a request that was one too many may be repeated, in seconds.
const RETRY: &str = "600";

type From = Extension<ClientAddress>;

/// Returns the routes, to be served at the origin of PAUSE, with [`ClientAddress`] in each request.
pub fn routes<S: Clone + Send + Sync + 'static>(exchange: Exchange) -> Router<S> {
    Router::new()
        .route("/.well-known/pause-trusted-publishing", get(document))
        .route("/oidc/exchange", post(redeem).delete(revoke))
        .route("/oidc/introspect", post(introspect))
        .route("/oidc/trusted-publishers", get(list).post(add))
        .route("/oidc/trusted-publishers/{id}", delete(remove))
        .with_state(exchange)
}

async fn document(State(exchange): State<Exchange>) -> Response {
    let settings = exchange.settings();
    let origin = &settings.audience;
    let issuers: Vec<_> = settings.issuers.iter().map(|one| &one.issuer).collect();
    Json(json!({
        "version": VERSION,
        "exchange": format!("{origin}/oidc/exchange"),
        "registrations": format!("{origin}/oidc/trusted-publishers"),
        "issuers": issuers,
    }))
    .into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    token: String,
    user: Option<String>,
}

async fn redeem(
    State(exchange): State<Exchange>,
    Extension(ClientAddress(address)): From,
    body: Bytes,
) -> Response {
    let Some(request) = read::<Request>(&body) else {
        return refused(Refusal::TokenInvalid);
    };
    let wanted = match request.user.map(|user| user.parse::<PauseId>()) {
        None => None,
        Some(Ok(user)) => Some(user),
        Some(Err(_)) => return refused(Refusal::NotRegistered),
    };
    match exchange
        .redeem(&request.token, wanted.as_ref(), address)
        .await
    {
        Ok(minted) => secret(json!({
            "token": minted.token.expose_secret(),
            "user": minted.author.as_str(),
            "expires": minted.expires.to_string(),
        })),
        Err(refusal) => refused(refusal),
    }
}

/// Ends the validity of a token. The response is the same for one that is not valid.
async fn revoke(
    State(exchange): State<Exchange>,
    Extension(ClientAddress(address)): From,
    headers: HeaderMap,
) -> Response {
    let token = authorization(&headers, "Bearer").unwrap_or_default();
    match exchange.revoke(token, address).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(refusal) => refused(refusal),
    }
}

#[derive(Deserialize)]
struct Introspection {
    token: String,
}

/// The state of an upload token, for PAUSE (RFC 7662).
async fn introspect(
    State(exchange): State<Exchange>,
    Form(request): Form<Introspection>,
) -> Response {
    match exchange.uploader(&request.token).await {
        Ok(Some((author, expires))) => secret(json!({
            "active": true,
            "username": author.as_str(),
            "scope": SCOPE,
            "exp": expires.as_second(),
        })),
        Ok(None) => secret(json!({ "active": false })),
        Err(refusal) => refused(refusal),
    }
}

async fn list(
    State(exchange): State<Exchange>,
    Extension(ClientAddress(address)): From,
    headers: HeaderMap,
) -> Response {
    let Some(author) = author(&exchange, &headers, address).await else {
        return unauthorized();
    };
    match exchange.registrations(&author).await {
        Ok(all) => secret(json!({ "trusted-publishers": all })),
        Err(refusal) => refused(refusal),
    }
}

async fn add(
    State(exchange): State<Exchange>,
    Extension(ClientAddress(address)): From,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(author) = author(&exchange, &headers, address).await else {
        return unauthorized();
    };
    let checked = read::<Workflow>(&body).map(|workflow| workflow.check().map(|()| workflow));
    let workflow = match checked {
        Some(Ok(workflow)) => workflow,
        Some(Err(error)) => return invalid(&error.to_string()),
        None => return invalid("expected a workflow as JSON"),
    };
    match exchange.register(&author, workflow, address).await {
        Ok(added) => (StatusCode::CREATED, secret(json!(added))).into_response(),
        Err(refusal) => refused(refusal),
    }
}

async fn remove(
    State(exchange): State<Exchange>,
    Extension(ClientAddress(address)): From,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Some(author) = author(&exchange, &headers, address).await else {
        return unauthorized();
    };
    match exchange.end_registration(&author, &id, address).await {
        Ok(true) => StatusCode::NO_CONTENT.into_response(),
        Ok(false) => {
            let body = Json(json!({ "error": "registration-unknown" }));
            (StatusCode::NOT_FOUND, body).into_response()
        }
        Err(refusal) => refused(refusal),
    }
}

/// Returns the author who logs in by the Basic scheme. A browser's request is refused: it sends a stored password for any
/// page that makes it.
async fn author(exchange: &Exchange, headers: &HeaderMap, address: IpAddr) -> Option<PauseId> {
    if headers.contains_key(header::ORIGIN) || headers.contains_key("sec-fetch-site") {
        return None;
    }
    let encoded = authorization(headers, "Basic")?;
    let decoded = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (name, password) = decoded.split_once(':')?;
    exchange
        .log_in(name, password.to_owned().into(), address)
        .await
}

/// Returns the value of the `Authorization` header of this scheme.
fn authorization<'a>(headers: &'a HeaderMap, scheme: &str) -> Option<&'a str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (found, value) = value.split_once(' ')?;
    found.eq_ignore_ascii_case(scheme).then(|| value.trim())
}

fn read<T: serde::de::DeserializeOwned>(body: &[u8]) -> Option<T> {
    serde_json::from_value(json::parse_object(body).ok()?).ok()
}

/// A response that no cache may keep.
fn secret(body: serde_json::Value) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

fn refused(refusal: Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::FORBIDDEN);
    let mut response = (status, secret(json!({ "error": refusal.code() }))).into_response();
    if refusal == Refusal::TooMany {
        let headers = response.headers_mut();
        headers.insert(header::RETRY_AFTER, header::HeaderValue::from_static(RETRY));
    }
    response
}

fn invalid(error: &str) -> Response {
    let body = json!({ "error": "registration-invalid", "description": error });
    (StatusCode::BAD_REQUEST, secret(body)).into_response()
}

fn unauthorized() -> Response {
    let challenge = [(header::WWW_AUTHENTICATE, "Basic realm=\"PAUSE\"")];
    (StatusCode::UNAUTHORIZED, challenge).into_response()
}
