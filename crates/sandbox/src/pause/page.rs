//! The pages of the upload form. What programs look for in them is PAUSE's, the rest is short.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

/// A page with this text in it.
fn page(status: StatusCode, content: &str) -> Response {
    let html = format!(
        "<!DOCTYPE html>\n<html>\n<head><title>PAUSE: upload</title></head>\n<body>\n{content}\n</body>\n</html>\n"
    );
    (status, Html(html)).into_response()
}

/// The form, when nothing was done or nothing is to be said about it.
pub(super) fn form(status: StatusCode) -> Response {
    page(status, "<h2>Upload a file to CPAN</h2>")
}

/// The upload was accepted.
pub(super) fn success(path: &str) -> Response {
    page(
        StatusCode::OK,
        &format!(
            "<blockquote class=\"actionresponse\">\n<h3>Submitting query</h3>\n\
             <p>Query succeeded. <b>Thank you for your contribution</b></p>\n\
             <p>It will be published as {}.</p>\n</blockquote>",
            escape(path)
        ),
    )
}

/// The database did not take the upload, and why.
pub(super) fn database_error(status: StatusCode, reason: &str) -> Response {
    page(
        status,
        &format!(
            "<blockquote class=\"actionresponse\">\n<h3>Submitting query</h3>\n\
             <p><b>Could not enter the URL into the database.\nReason:</b></p><p>{}</p>\n</blockquote>",
            escape(reason)
        ),
    )
}

/// The path, or the name in another folder, is taken.
pub(super) fn duplicate(path: &str, taken: &str) -> Response {
    page(
        StatusCode::CONFLICT,
        &format!(
            "<blockquote class=\"actionresponse\">\n<h3>Submitting query</h3>\n\
             <p><b>Could not enter the URL into the database.\nReason:</b></p>\
             <p>Duplicate entry '{}'</p>\n\
             <p>The name is in use: <b>PAUSE doesn't let you upload a file\ntwice</b>.</p>\n\
             <table border=\"1\"><tr><td>uriid</td><td>{}</td></tr></table>\n</blockquote>",
            escape(path),
            escape(taken)
        ),
    )
}

/// What PAUSE says, with 200, about a request it does not like.
pub(super) fn error_message(message: &str) -> Response {
    page(
        StatusCode::OK,
        &format!(
            "<h2>Error</h2>\n<p class=\"error_message\">\n{}\n</p>",
            escape(message)
        ),
    )
}

/// The server died over the request.
pub(super) fn died() -> Response {
    page(
        StatusCode::INTERNAL_SERVER_ERROR,
        "<h1>Internal Server Error</h1>",
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
