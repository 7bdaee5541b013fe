//! The pages for people.

use axum::{
    http::StatusCode,
    response::{Html, IntoResponse, Response},
};

use super::Account;

/// Returns a page for choosing an account. `hidden` is the form field that identifies the login.
pub(super) fn choose(title: &str, hidden: (&str, &str), accounts: &[&Account]) -> Response {
    let buttons: String = accounts
        .iter()
        .map(|account| {
            format!(
                "<p><button name=\"account\" value=\"{}\">{}</button></p>\n",
                escape(&account.id),
                escape(&account.label())
            )
        })
        .collect();
    let (name, value) = hidden;
    show(
        StatusCode::OK,
        title,
        &format!(
            "<p>This is a sandbox: nobody asks for a password. Who are you?</p>\n\
             <form method=\"post\">\n<input type=\"hidden\" name=\"{}\" value=\"{}\">\n{buttons}\
             <p><button name=\"deny\" value=\"yes\">Deny</button></p>\n</form>",
            escape(name),
            escape(value),
        ),
    )
}

/// Returns a page that asks for another device's code.
pub(super) fn ask_user_code() -> Response {
    show(
        StatusCode::OK,
        "Connect a device",
        "<form method=\"get\">\n<p>Code shown on the device: <input name=\"user_code\" autofocus></p>\n\
         <p><button>Continue</button></p>\n</form>",
    )
}

/// Returns a page with a code for the waiting program.
pub(super) fn show_code(code: &str) -> Response {
    show(
        StatusCode::OK,
        "Login succeeded",
        &format!(
            "<p>Copy this code and paste it where you started:</p>\n<p><code>{}</code></p>",
            escape(code)
        ),
    )
}

/// Returns a page with one message.
pub(super) fn tell(title: &str, text: &str) -> Response {
    show(StatusCode::OK, title, &format!("<p>{}</p>", escape(text)))
}

/// Returns a page with the reason why a request is refused.
pub(super) fn refuse(reason: &str) -> Response {
    show(
        StatusCode::BAD_REQUEST,
        "Request refused",
        &format!("<p>{}</p>", escape(reason)),
    )
}

fn show(status: StatusCode, title: &str, body: &str) -> Response {
    let title = escape(title);
    let page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\n\
         <style>body{{font:16px sans-serif;max-width:32em;margin:4em auto}}\
         button{{font:inherit;padding:.4em 1em}}</style></head>\n\
         <body><h1>{title}</h1>\n{body}\n</body></html>\n"
    );
    (status, Html(page)).into_response()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
