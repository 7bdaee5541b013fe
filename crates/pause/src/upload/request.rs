//! The two requests by which PAUSE takes a file: its form, and the interface for tokens.

use std::time::Duration;

use cpan_sigstore_core::release::Subdirectory;
use cpan_sigstore_http::HttpError;
use reqwest::{
    Method, Request,
    header::AUTHORIZATION,
    multipart::{Form, Part},
};

use crate::credentials::Credentials;

use super::{Outgoing, Uploader, body::Sized};

/// The slowest connection that is waited for, in bytes for each second.
const SLOWEST: u64 = 8 * 1024;
/// How long the answer may take after the last byte.
const ANSWER: Duration = Duration::from_secs(120);

/// A request for one try.
pub(super) fn build(
    uploader: &Uploader,
    credentials: &Credentials,
    file: &Outgoing,
    subdirectory: Option<&Subdirectory>,
    body: Sized,
) -> Result<Request, HttpError> {
    let patience = ANSWER + Duration::from_secs(body.length / SLOWEST);
    let part = Part::stream_with_length(body.body, body.length).file_name(file.name.clone());
    let (url, form) = if credentials.is_token() {
        (uploader.pause.api(), with_token(subdirectory, part))
    } else {
        let user = credentials.user().as_str();
        (
            uploader.pause.form(),
            classic(user, file, subdirectory, part),
        )
    };
    uploader
        .http
        .request(Method::POST, url.clone())
        .header(AUTHORIZATION, credentials.authorization())
        .timeout(patience)
        .multipart(form)
        .build()
        .map_err(|error| HttpError::Request {
            url: url.to_string(),
            reason: error.to_string(),
        })
}

/// The fields that a browser sends from PAUSE's page "Upload a file to CPAN".
fn classic(user: &str, file: &Outgoing, subdirectory: Option<&Subdirectory>, part: Part) -> Form {
    let form = Form::new()
        .text("HIDDENNAME", user.to_owned())
        .text("CAN_MULTIPART", "1")
        .text("pause99_add_uri_upload", file.name.clone());
    let form = match subdirectory {
        Some(directory) => form.text("pause99_add_uri_subdirtext", directory.to_string()),
        None => form,
    };
    form.part("pause99_add_uri_httpupload", part)
        .text("pause99_add_uri_uri", "")
        .text(
            "SUBMIT_pause99_add_uri_httpupload",
            " Upload this file from my disk ",
        )
}

fn with_token(subdirectory: Option<&Subdirectory>, part: Part) -> Form {
    let form = match subdirectory {
        Some(directory) => Form::new().text("subdir", directory.to_string()),
        None => Form::new(),
    };
    form.part("file", part)
}
