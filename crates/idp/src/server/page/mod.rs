//! The pages for people: no script, no image, nothing from elsewhere.

use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use axum::{
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use url::Url;

use super::form::Form;
use crate::config::{Client, Config, Redirect};

/// The style of all pages.
const STYLE: &str = include_str!("style.css");
/// Its digest, by which the policy of the page allows it and no other.
static STYLE_DIGEST: LazyLock<String> =
    LazyLock::new(|| STANDARD.encode(digest(&SHA256, STYLE.as_bytes())));

/// The content of the page of consent.
pub(super) struct Consent<'a> {
    pub(super) config: &'a Config,
    pub(super) client: &'a Client,
    /// The address to which the browser returns.
    pub(super) redirect_uri: &'a str,
    pub(super) form: &'a Form,
    /// The id that was typed before.
    pub(super) typed: &'a str,
    /// Why the last attempt failed.
    pub(super) alarm: Option<&'a str>,
}

/// Returns the page of consent.
pub(super) fn consent(page: &Consent<'_>) -> Response {
    let status = if page.alarm.is_some() {
        StatusCode::FORBIDDEN
    } else {
        StatusCode::OK
    };
    let origin = origin_of(page.redirect_uri);
    // Browsers apply this to the redirect that follows the form, too.
    let targets = format!("'self' {origin}");
    show(status, &title(page), &body(page), &targets)
}

fn title(page: &Consent<'_>) -> String {
    let site = &page.config.site;
    if page.client.signs {
        format!("Sign as a {site} author?")
    } else {
        format!("Log in with your {site} account?")
    }
}

fn body(page: &Consent<'_>) -> String {
    let site = escape(&page.config.site);
    let client = escape(&page.client.name);
    let place = match page.client.redirect {
        Redirect::Loopback(_) => "this computer".to_owned(),
        Redirect::Exact(_) => host_of(page.redirect_uri),
    };
    let place = escape(&place);
    let facts = if page.client.signs {
        format!(
            "<li>It gets your {site} id, and can sign releases as you for five minutes. It does not get your password.</li>\n\
             <li>Your {site} id becomes public with each signature, and stays public: everybody can read the logs of signatures, and nobody can delete from them.</li>\n\
             <li>If you have not just started a program that signs, deny.</li>"
        )
    } else {
        format!("<li>It gets your {site} id. It does not get your password or your address.</li>")
    };
    let alarm = page.alarm.map(|text| {
        format!(
            "<p class=\"alarm\" id=\"alarm\" role=\"alert\">{}</p>\n",
            escape(text)
        )
    });
    let alarm = alarm.unwrap_or_default();
    let described = if page.alarm.is_some() {
        " aria-describedby=\"alarm\""
    } else {
        ""
    };
    // At first a person reads the page from its start.
    let focus = if page.typed.is_empty() {
        ""
    } else {
        " autofocus"
    };
    let allow = if page.client.signs {
        "Log in and allow"
    } else {
        "Log in"
    };
    let action = escape(&format!("{}/oidc/authorize", page.config.path()));
    let form = escape(&page.form.field);
    let typed = escape(page.typed);
    format!(
        "{alarm}<p><strong>{client}</strong> wants to know your {site} id. It waits for your answer on <strong>{place}</strong>.</p>\n\
         <ul>\n{facts}\n</ul>\n\
         <form method=\"post\" action=\"{action}\">\n\
         <input type=\"hidden\" name=\"form\" value=\"{form}\">\n\
         <div class=\"field\">\n<label for=\"id\">{site} id</label>\n\
         <input id=\"id\" name=\"id\" value=\"{typed}\" required maxlength=\"9\" autocomplete=\"username\" \
         autocapitalize=\"characters\" autocorrect=\"off\" spellcheck=\"false\"{described}>\n</div>\n\
         <div class=\"field\">\n<label for=\"password\">Password</label>\n\
         <input id=\"password\" name=\"password\" type=\"password\" required maxlength=\"512\" \
         autocomplete=\"current-password\"{described}{focus}>\n</div>\n\
         <div class=\"choice\">\n\
         <button class=\"allow\" name=\"answer\" value=\"allow\">{allow}</button>\n\
         <button name=\"answer\" value=\"deny\" formnovalidate>Deny</button>\n</div>\n</form>\n\
         <p class=\"hint\">Check the address of this page before you type your password: it starts with <code>{issuer}/</code>.</p>",
        issuer = escape(page.config.issuer()),
    )
}

/// Returns a page with the reason why a request is refused.
pub(super) fn refuse(status: StatusCode, reason: &str) -> Response {
    let body = format!(
        "<p class=\"alarm\" role=\"alert\">{}</p>\n<p>Nothing was signed. You may close this page, and start again where you came from.</p>",
        escape(reason)
    );
    show(status, "This login cannot go on", &body, "'none'")
}

fn show(status: StatusCode, title: &str, body: &str, targets: &str) -> Response {
    let title = escape(title);
    let page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n{body}\n</main>\n</body>\n</html>\n"
    );
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; form-action {targets}; base-uri 'none'; frame-ancestors 'none'",
        *STYLE_DIGEST
    );
    (
        status,
        [(header::CONTENT_SECURITY_POLICY, policy)],
        Html(page),
    )
        .into_response()
}

/// Returns the origin of a redirect address, for a policy.
fn origin_of(address: &str) -> String {
    Url::parse(address)
        .map(|url| url.origin().ascii_serialization())
        .unwrap_or_default()
}

fn host_of(address: &str) -> String {
    let url = Url::parse(address).ok();
    url.and_then(|url| url.host_str().map(str::to_owned))
        .unwrap_or_default()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

#[cfg(test)]
mod tests;
