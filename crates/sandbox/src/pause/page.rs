//! The pages of the upload form. The parts that programs search for are PAUSE's, the rest is short.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

/// Returns a page with this text.
fn page(status: StatusCode, content: &str) -> Response {
    let html = format!(
        "<!DOCTYPE html>\n<html>\n<head><title>PAUSE: upload</title></head>\n<body>\n{content}\n</body>\n</html>\n"
    );
    (status, Html(html)).into_response()
}

/// Returns the form, without a message.
pub(super) fn form(status: StatusCode) -> Response {
    page(
        status,
        "<h2>Upload a file to CPAN</h2>\n<ul><li><a href=\"?ACTION=change_passwd\">Change Password</a></li></ul>\n\
         <form method=\"post\"><input type=\"file\" name=\"pause99_add_uri_httpupload\"></form>",
    )
}

/// Returns the page for an accepted upload.
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

/// Returns the page for an error of the database.
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

/// Returns the page for a path or name that is taken.
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

/// Returns PAUSE's error page, with status 200.
pub(super) fn error_message(message: &str) -> Response {
    page(
        StatusCode::OK,
        &format!(
            "<h2>Error</h2>\n<p class=\"error_message\">\n{}\n</p>",
            escape(message)
        ),
    )
}

/// Returns the page for an account that may not log in.
pub(super) fn no_login() -> Response {
    error_message(
        "Access denied: your account is disabled. Please contact the administrators of PAUSE.",
    )
}

/// Returns the form for a new password, which replaces every page of an account that has to choose one.
pub(super) fn password_form() -> Response {
    page(
        StatusCode::OK,
        "<h2>Change Password</h2>\n<form method=\"post\" action=\"?ACTION=change_passwd\">\n\
         <input type=\"password\" name=\"pause99_change_passwd_pw1\">\n\
         <input type=\"password\" name=\"pause99_change_passwd_pw2\">\n\
         <input type=\"submit\" name=\"pause99_change_passwd_sub\" value=\" Submit \">\n</form>",
    )
}

/// Returns the answer to a form that PAUSE did not show.
pub(super) fn failed_csrf_check() -> Response {
    page(StatusCode::FORBIDDEN, "<h1>Failed CSRF check</h1>")
}

/// Returns the page for a crash of the server.
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
