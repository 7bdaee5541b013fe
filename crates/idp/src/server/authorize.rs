//! The authorization endpoint and its page (OpenID Connect Core 1.0, section 3.1.2).

use axum::{
    Extension,
    extract::{
        Form, Query, State,
        rejection::{FormRejection, QueryRejection},
    },
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use super::{
    ClientAddress, Idp,
    error::retry_after,
    form::{cookie, set_cookie},
    page::{self, Consent},
    request::{AuthorizationRequest, Objection, Parameters},
};
use crate::{
    config::Client,
    login::{Credentials, LoginError, Request},
    state::Grant,
};

const ENDED: &str = "This page has expired, was opened twice, or came from elsewhere.";

/// The answer of a person.
#[derive(Deserialize)]
pub(super) struct Answer {
    form: String,
    answer: String,
    #[serde(default)]
    id: String,
    #[serde(default, deserialize_with = "crate::secret::read_if_any")]
    password: Option<SecretString>,
}

/// Checks the request, and shows the page of consent.
pub(super) async fn ask(
    State(idp): State<Idp>,
    parameters: Result<Query<Parameters>, QueryRejection>,
) -> Response {
    let Ok(Query(parameters)) = parameters else {
        return page::refuse(
            StatusCode::BAD_REQUEST,
            "This request has a parameter twice.",
        );
    };
    match parameters.check(idp.config()) {
        Ok((client, request)) => show(&idp, client, &request, "", None),
        Err(Objection::Here(reason)) => page::refuse(StatusCode::BAD_REQUEST, reason),
        Err(Objection::ToClient {
            redirect_uri,
            state,
            error,
            description,
        }) => leave(
            &idp,
            &redirect_uri,
            state.as_deref(),
            &[("error", error), ("error_description", description)],
        ),
    }
}

/// Handles the answer, and sends the browser back to the client.
pub(super) async fn answer(
    State(idp): State<Idp>,
    Extension(ClientAddress(address)): Extension<ClientAddress>,
    headers: HeaderMap,
    answer: Result<Form<Answer>, FormRejection>,
) -> Response {
    let forged = || page::refuse(StatusCode::FORBIDDEN, ENDED);
    let Ok(Form(answer)) = answer else {
        return page::refuse(StatusCode::BAD_REQUEST, "This form is not complete.");
    };
    if !is_from_our_page(&idp, &headers) {
        return forged();
    }
    let now = idp.clock().now();
    let cookie = cookie(&headers, idp.config().is_secure()).unwrap_or_default();
    let Some(request) = idp.0.forms.read(&answer.form, cookie, now) else {
        return forged();
    };
    let client = idp.config().client(&request.client);
    let Some(client) = client.filter(|client| client.returns_to(&request.redirect_uri)) else {
        return forged();
    };
    let state = request.state.as_deref();
    if answer.answer != "allow" {
        return leave(
            &idp,
            &request.redirect_uri,
            state,
            &[("error", "access_denied")],
        );
    }
    let credentials = Credentials::Password {
        id: answer.id.clone(),
        password: answer.password.unwrap_or_default(),
    };
    let from = Request {
        address,
        client,
        by_page: true,
        now,
    };
    match code(&idp, credentials, &from, &request).await {
        Ok(code) => leave(&idp, &request.redirect_uri, state, &[("code", &code)]),
        Err(error) => again(&idp, client, &request, &answer.id, &error),
    }
}

/// Returns a code for the author who logged in.
async fn code(
    idp: &Idp,
    credentials: Credentials,
    from: &Request<'_>,
    request: &AuthorizationRequest,
) -> Result<String, LoginError> {
    let author = idp.logins().check(credentials, from).await?;
    idp.logins().grant(&author, None, from.now).await?;
    let grant = Grant {
        subject: author.id().to_string(),
        client: request.client.clone(),
        redirect_uri: request.redirect_uri.clone(),
        challenge: request.challenge.clone(),
        nonce: request.nonce.clone(),
        auth_time: from.now.as_second(),
        row: author.row(),
    };
    let code = idp.state().keep(&grant, from.now).await?;
    idp.logins().notify(idp.config(), &author, from).await;
    Ok(code.as_str().to_owned())
}

/// Returns whether the browser says that a form came from a page of ours. Old ones say nothing; then the cookie decides.
fn is_from_our_page(idp: &Idp, headers: &HeaderMap) -> bool {
    let is = |name: &str, expected: &str| {
        headers
            .get(name)
            .is_none_or(|value| value.as_bytes() == expected.as_bytes())
    };
    is("origin", &idp.config().origin()) && is("sec-fetch-site", "same-origin")
}

/// Shows the page again, with the reason why the last answer failed.
fn again(
    idp: &Idp,
    client: &Client,
    request: &AuthorizationRequest,
    typed: &str,
    error: &LoginError,
) -> Response {
    let site = &idp.config().site;
    let typed: String = typed.chars().take(9).collect();
    let retry = match error {
        LoginError::Limited(limit) => Some(retry_after(*limit)),
        _ => None,
    };
    let text = match error {
        LoginError::Wrong => format!(
            "Wrong id or password. If you have not logged in to {site} itself for years, do so first."
        ),
        LoginError::Refused(refusal) => {
            let text = refusal.to_string();
            format!("{site} gives no token: {text}.")
        }
        LoginError::Limited(_) => "Too many attempts. Try again later.".to_owned(),
        LoginError::Busy => "Too many people log in at once. Try again in a moment.".to_owned(),
        LoginError::Accounts(_) | LoginError::State(_) => {
            tracing::error!(%error, "cannot check a login");
            format!("{site} cannot check logins now. Try again later.")
        }
    };
    let mut response = show(idp, client, request, &typed, Some(&text));
    if let Some(seconds) = retry {
        *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        let value = header::HeaderValue::from_static(seconds);
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    response
}

fn show(
    idp: &Idp,
    client: &Client,
    request: &AuthorizationRequest,
    typed: &str,
    alarm: Option<&str>,
) -> Response {
    let form = match idp.0.forms.make(request, idp.clock().now()) {
        Ok(form) => form,
        Err(error) => {
            tracing::error!(%error, "cannot make a form");
            return page::refuse(
                StatusCode::INTERNAL_SERVER_ERROR,
                "The form cannot be made.",
            );
        }
    };
    let page = page::consent(&Consent {
        config: idp.config(),
        client,
        redirect_uri: &request.redirect_uri,
        form: &form,
        typed,
        alarm,
    });
    let cookie = set_cookie(&form, idp.config().is_secure());
    ([(header::SET_COOKIE, cookie)], page).into_response()
}

/// Sends the browser back to the client with these parameters, its `state`, and our name (RFC 9207).
fn leave(
    idp: &Idp,
    redirect_uri: &str,
    state: Option<&str>,
    parameters: &[(&str, &str)],
) -> Response {
    let Ok(mut target) = Url::parse(redirect_uri) else {
        return page::refuse(StatusCode::BAD_REQUEST, "The address to return to is none.");
    };
    target.query_pairs_mut().extend_pairs(parameters);
    if let Some(state) = state {
        target.query_pairs_mut().append_pair("state", state);
    }
    target
        .query_pairs_mut()
        .append_pair("iss", idp.config().issuer());
    Redirect::to(target.as_str()).into_response()
}
