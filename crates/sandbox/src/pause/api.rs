//! The upload with a token: `/api/upload`.

use axum::Json;
use axum::extract::{Multipart, State, multipart::MultipartRejection};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::{
    Pause,
    multipart::{Form, SentFile},
    path::LONGEST_PATH,
    queue::Interface,
    submission::{Refusal, Submission},
};

pub(super) async fn upload(
    State(pause): State<Pause>,
    headers: HeaderMap,
    sent: Result<Multipart, MultipartRejection>,
) -> Response {
    // Like PAUSE, read everything before responding.
    let form = Form::received(sent).await;
    let Some(header) = headers.get(header::AUTHORIZATION) else {
        // PAUSE's server crashes if a field is missing.
        return json(
            StatusCode::INTERNAL_SERVER_ERROR,
            json!({ "error": "Internal Server Error" }),
        );
    };
    let token = header.to_str().ok().and_then(bearer);
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
        return json(StatusCode::BAD_REQUEST, json!({ "error": ["No file"] }));
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
    /// Returns the owner of a token that may upload now.
    fn holder(&self, token: &str) -> Option<String> {
        let now = self.inner.clock.now();
        self.state().tokens.uploader(token, now).map(str::to_owned)
    }
}

/// Returns the token from an `Authorization` header (RFC 6750, section 2.1).
fn bearer(header: &str) -> Option<&str> {
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
