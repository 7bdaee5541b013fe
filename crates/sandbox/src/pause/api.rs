//! The upload with a token: `/api/upload`.

use axum::Json;
use axum::extract::{Multipart, State, multipart::MultipartRejection};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::{
    Pause,
    multipart::{Form, SentFile},
    page,
    path::LONGEST_PATH,
    queue::Interface,
    submission::{Refusal, Submission},
};

/// Longest user and longest address that PAUSE's log of logins accepts, in characters.
const LONGEST_USER: usize = 9;
const LONGEST_ADDRESS: usize = 16;

pub(super) async fn upload(
    State(pause): State<Pause>,
    headers: HeaderMap,
    sent: Result<Multipart, MultipartRejection>,
) -> Response {
    // Like PAUSE, read everything before responding.
    let form = Form::received(sent).await;
    let Some(header) = headers.get(header::AUTHORIZATION) else {
        return page::died();
    };
    let token = header.to_str().ok().and_then(bearer);
    if pause.breaks_log(token.unwrap_or_default()) {
        return page::died();
    }
    let Some(user) = token.and_then(|token| pause.holder(token)) else {
        return json(
            StatusCode::BAD_REQUEST,
            json!({ "error": ["Invalid token"] }),
        );
    };
    let mut form = match form {
        Ok(form) => form,
        Err(refusal) => return refusal,
    };
    let Some(SentFile { name, bytes }) = form.files.remove("file") else {
        return page::died();
    };
    answer(pause.accept(Submission {
        user,
        name,
        subdirectory: form.value("subdir").to_owned(),
        bytes,
        via: Interface::Token,
    }))
}

impl Pause {
    /// Returns whether PAUSE's log of logins has no room for the user or the address of a request. Its server then
    /// crashes.
    fn breaks_log(&self, token: &str) -> bool {
        let user = token.split(':').next().unwrap_or_default();
        let client = self.state().client.to_string();
        user.len() > LONGEST_USER || client.len() > LONGEST_ADDRESS
    }

    /// Returns the owner of a token that may upload now.
    pub(super) fn holder(&self, token: &str) -> Option<String> {
        let now = self.inner.clock.now();
        let state = self.state();
        let user = state.tokens.uploader(token, state.client, now);
        user.map(str::to_owned)
    }
}

/// Returns the token from an `Authorization` header (RFC 6750, section 2.1).
pub(super) fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn answer(outcome: Result<String, Refusal>) -> Response {
    match outcome {
        Ok(_) => json(StatusCode::OK, json!({ "result": "Upload succeeded" })),
        Err(Refusal::Silent) => json(StatusCode::OK, json!({})),
        Err(Refusal::Duplicate { .. }) => {
            json(StatusCode::CONFLICT, json!({ "error": "Duplicated" }))
        }
        Err(Refusal::Database) => json(
            StatusCode::NOT_ACCEPTABLE,
            json!({ "error": "Could not enter the URL into the database" }),
        ),
        Err(Refusal::Empty) => bad("uploaded file was zero sized"),
        Err(Refusal::Reserved) => bad("files with the name CHECKSUMS cannot be uploaded"),
        Err(Refusal::TooLong { path }) => {
            bad(&format!("{path} is longer than {LONGEST_PATH} characters"))
        }
    }
}

fn bad(message: &str) -> Response {
    json(StatusCode::BAD_REQUEST, json!({ "error": [message] }))
}

fn json(status: StatusCode, body: Value) -> Response {
    (status, Json(body)).into_response()
}
