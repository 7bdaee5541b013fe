//! Tokens for machines: those of CI systems, and a shortcut for scripts.

use std::collections::BTreeMap;

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{CLIENT_ID, Provider};

#[derive(Deserialize)]
struct Request {
    account: String,
    audience: Option<String>,
}

#[derive(Deserialize)]
struct GoogleRequest {
    audience: String,
    #[serde(default, rename = "includeEmail")]
    include_email: bool,
}

pub(super) fn routes() -> Router<Provider> {
    Router::new()
        .route("/sandbox/token", get(script).post(script))
        .route("/sandbox/job", get(job))
        .route("/github-actions/token", get(github_actions))
        .route(
            "/computeMetadata/v1/instance/service-accounts/default/token",
            get(google_metadata),
        )
        .route(
            "/v1/projects/-/serviceAccounts/{name_and_verb}",
            post(google_id_token),
        )
}

impl Provider {
    /// Returns the environment of a GitHub Actions job with the permission `id-token: write`, run
    /// by `account`.
    pub fn github_actions_environment(&self, account: &str) -> [(&'static str, String); 3] {
        let base = &self.inner.base_url;
        [
            ("GITHUB_ACTIONS", "true".to_owned()),
            (
                "ACTIONS_ID_TOKEN_REQUEST_URL",
                format!("{base}/github-actions/token?api-version=2.0&account={account}"),
            ),
            (
                "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
                self.inner.job_secret.clone(),
            ),
        ]
    }

    fn minted(&self, account: &str, audience: &str) -> Option<String> {
        let account = self.account(account)?;
        Some(self.id_token(account, audience, None))
    }

    fn is_job(&self, headers: &HeaderMap) -> bool {
        let expected = format!("Bearer {}", self.inner.job_secret);
        headers
            .get(header::AUTHORIZATION)
            .is_some_and(|value| value.as_bytes() == expected.as_bytes())
    }
}

async fn script(State(provider): State<Provider>, Query(request): Query<Request>) -> Response {
    let audience = request.audience.as_deref().unwrap_or(CLIENT_ID);
    match provider.minted(&request.account, audience) {
        Some(token) => token.into_response(),
        None => (StatusCode::NOT_FOUND, "unknown account\n").into_response(),
    }
}

/// The environment of a job, for scripts.
async fn job(State(provider): State<Provider>, Query(request): Query<Request>) -> Response {
    if provider.account(&request.account).is_none() {
        return (StatusCode::NOT_FOUND, "unknown account\n").into_response();
    }
    let environment = provider.github_actions_environment(&request.account);
    Json(BTreeMap::from(environment)).into_response()
}

/// Like GitHub: `{"value": TOKEN}` for clients with the job's secret.
async fn github_actions(
    State(provider): State<Provider>,
    headers: HeaderMap,
    Query(request): Query<Request>,
) -> Response {
    if !provider.is_job(&headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    // GitHub's default audience is the address of the repository's owner.
    let audience = request
        .audience
        .as_deref()
        .unwrap_or("https://github.com/author");
    match provider.minted(&request.account, audience) {
        Some(token) => Json(json!({ "value": token })).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Like Google's metadata server, which requires a header that no browser sends.
async fn google_metadata(State(provider): State<Provider>, headers: HeaderMap) -> Response {
    if headers
        .get("metadata-flavor")
        .is_none_or(|flavor| flavor != "Google")
    {
        return StatusCode::FORBIDDEN.into_response();
    }
    let answer: Value = json!({
        "access_token": provider.inner.job_secret,
        "expires_in": 3599,
        "token_type": "Bearer",
    });
    Json(answer).into_response()
}

/// Like Google's IAM credentials service: an ID token for the service account, here the account
/// with this e-mail address.
async fn google_id_token(
    State(provider): State<Provider>,
    Path(name_and_verb): Path<String>,
    headers: HeaderMap,
    Json(request): Json<GoogleRequest>,
) -> Response {
    if !provider.is_job(&headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let account = name_and_verb
        .strip_suffix(":generateIdToken")
        .filter(|_| request.include_email)
        .and_then(|address| {
            let mut accounts = provider.accounts().iter();
            accounts.find(|account| account.email.as_deref() == Some(address))
        });
    match account {
        Some(account) => {
            let token = provider.id_token(account, &request.audience, None);
            Json(json!({ "token": token })).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
