//! The authorization endpoint and its login page (OpenID Connect Core §3.1.2).

use axum::{
    extract::{Form, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use url::{Host, Url};

use super::{
    CLIENT_ID, Issuer, ProviderMisbehaviour, page, random_name,
    session::{Grant, LoginRequest, PATIENCE},
};

/// Redirect address of a program that cannot listen. A page shows the code instead.
const OUT_OF_BAND: &str = "urn:ietf:wg:oauth:2.0:oob";

#[derive(Deserialize)]
pub(super) struct AuthorizationRequest {
    client_id: Option<String>,
    redirect_uri: Option<String>,
    response_type: Option<String>,
    scope: Option<String>,
    state: Option<String>,
    nonce: Option<String>,
    code_challenge: Option<String>,
    code_challenge_method: Option<String>,
    connector_id: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Answer {
    login: String,
    account: Option<String>,
}

/// Checks the request and shows the login page.
pub(super) async fn ask(
    State(issuer): State<Issuer>,
    Query(request): Query<AuthorizationRequest>,
) -> Response {
    // Nothing may be sent to a redirect address before client and address are checked (RFC 6749
    // §4.1.2.1). The page shows the error instead.
    if request.client_id.as_deref() != Some(CLIENT_ID) {
        return page::refuse(&format!("client_id must be {CLIENT_ID}"));
    }
    let Some(redirect_uri) = request.redirect_uri.as_deref().filter(|uri| allowed(uri)) else {
        return page::refuse(
            "redirect_uri must be http://localhost:PORT/auth/callback or urn:ietf:wg:oauth:2.0:oob",
        );
    };
    let accounts = issuer
        .provider
        .choice(issuer.realm, request.connector_id.as_deref());
    let login = LoginRequest {
        redirect_uri: redirect_uri.to_owned(),
        code_challenge: request.code_challenge.clone().unwrap_or_default(),
        state: request.state.clone(),
        nonce: request.nonce.clone(),
    };
    if let Some((error, description)) = objection(&request) {
        return leave(
            &issuer,
            &login,
            &[("error", error), ("error_description", description)],
        );
    }
    if accounts.is_empty() {
        return page::refuse("no account can log in through this connector_id");
    }
    let name = random_name();
    issuer
        .provider
        .sessions()
        .logins
        .insert(name.clone(), login);
    page::choose("Log in to the sandbox", ("login", &name), &accounts)
}

/// Handles the click and sends the browser back to the client.
pub(super) async fn answer(State(issuer): State<Issuer>, Form(answer): Form<Answer>) -> Response {
    let Some(login) = issuer.provider.sessions().logins.remove(&answer.login) else {
        return page::refuse("this login has ended; start again");
    };
    let Some(account) = answer.account else {
        return leave(&issuer, &login, &[("error", "access_denied")]);
    };
    let Some(account) = issuer.account(&account).map(|account| account.id.clone()) else {
        return page::refuse("unknown account");
    };
    let code = random_name();
    let grant = Grant {
        account,
        request: login.clone(),
        expires: issuer.provider.inner.clock.now() + PATIENCE,
    };
    issuer.provider.sessions().codes.insert(code.clone(), grant);
    leave(&issuer, &login, &[("code", &code)])
}

/// Returns the error of an invalid request, as an OAuth error with its description.
fn objection(request: &AuthorizationRequest) -> Option<(&'static str, &'static str)> {
    if request.response_type.as_deref() != Some("code") {
        return Some((
            "unsupported_response_type",
            "only the code flow is supported",
        ));
    }
    let scopes = request.scope.as_deref().unwrap_or_default();
    if !scopes.split(' ').any(|scope| scope == "openid") {
        return Some(("invalid_scope", "the scope openid is missing"));
    }
    let challenge = request.code_challenge.as_deref().unwrap_or_default();
    let method = request.code_challenge_method.as_deref();
    // A base64url SHA-256 digest has 43 characters (RFC 7636 §4.2).
    if challenge.len() != 43 || method != Some("S256") {
        return Some(("invalid_request", "PKCE with S256 is required"));
    }
    None
}

/// Sends the browser to the redirect address with these parameters and the `state`.
fn leave(issuer: &Issuer, login: &LoginRequest, parameters: &[(&str, &str)]) -> Response {
    if login.redirect_uri == OUT_OF_BAND {
        return match parameters {
            [("code", code)] => page::show_code(code),
            _ => page::tell(
                "Login failed",
                "The login was denied. You may close this page.",
            ),
        };
    }
    let Ok(mut target) = Url::parse(&login.redirect_uri) else {
        return page::refuse("redirect_uri is not a URL");
    };
    target.query_pairs_mut().extend_pairs(parameters);
    let state = match issuer.provider.wrong() {
        Some(ProviderMisbehaviour::StateMissing) => None,
        Some(ProviderMisbehaviour::StateWrong) => Some("the-state-of-another-login"),
        _ => login.state.as_deref(),
    };
    if let Some(state) = state {
        target.query_pairs_mut().append_pair("state", state);
    }
    Redirect::to(target.as_str()).into_response()
}

/// Returns whether the address is loopback at any port with exactly the path `/auth/callback` (RFC
/// 8252 §7.3), or out of band.
fn allowed(redirect_uri: &str) -> bool {
    if redirect_uri == OUT_OF_BAND {
        return true;
    }
    let Ok(url) = Url::parse(redirect_uri) else {
        return false;
    };
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    loopback
        && url.scheme() == "http"
        && url.path() == "/auth/callback"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none()
}
