//! ID tokens without a browser: for a password or a token of PAUSE.

use axum::{
    Extension, Json,
    extract::{Form, State, rejection::FormRejection},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::json;

use super::{
    ClientAddress, Idp, NewToken, OAuthError, error::login_error, oauth_error, redeem::failed,
};
use crate::{
    config::SIGSTORE,
    login::{Credentials, LoginError, Request, TOKEN_LIFE},
};

/// Longest `nonce`, in bytes.
const LONGEST_NONCE: usize = 1024;

#[derive(Deserialize)]
pub(super) struct DirectRequest {
    #[serde(default = "sigstore")]
    client_id: String,
    nonce: Option<String>,
}

fn sigstore() -> String {
    SIGSTORE.to_owned()
}

pub(super) async fn issue(
    State(idp): State<Idp>,
    Extension(ClientAddress(address)): Extension<ClientAddress>,
    headers: HeaderMap,
    request: Result<Form<DirectRequest>, FormRejection>,
) -> Response {
    // A browser sends its stored password for any page that makes it. This endpoint is for programs.
    if ["origin", "sec-fetch-site", "cookie"]
        .iter()
        .any(|name| headers.contains_key(*name))
    {
        return oauth_error(
            OAuthError::AccessDenied,
            "this endpoint is not for browsers",
        );
    }
    let Ok(Form(request)) = request else {
        return oauth_error(
            OAuthError::InvalidRequest,
            "expected a form with `client_id`",
        );
    };
    if request
        .nonce
        .as_ref()
        .is_some_and(|nonce| nonce.len() > LONGEST_NONCE)
    {
        return oauth_error(OAuthError::InvalidRequest, "the nonce is too long");
    }
    let client = idp.config().client(&request.client_id);
    let Some(client) = client.filter(|client| client.direct) else {
        return oauth_error(
            OAuthError::InvalidClient,
            "no such client gets tokens without a browser",
        );
    };
    let Some(credentials) = credentials(&headers) else {
        return login_error(&LoginError::Wrong);
    };
    let from = Request {
        address,
        client,
        by_page: false,
        now: idp.clock().now(),
    };
    match token(&idp, credentials, &from, request.nonce.as_deref()).await {
        Ok(response) => response,
        Err(error) => login_error(&error),
    }
}

async fn token(
    idp: &Idp,
    credentials: Credentials,
    from: &Request<'_>,
    nonce: Option<&str>,
) -> Result<Response, LoginError> {
    let author = idp.logins().check(credentials, from).await?;
    let key = match idp.signing_key() {
        Ok(key) => key,
        Err(error) => return Ok(failed(&error)),
    };
    idp.logins()
        .grant(&author, Some(key.kid()), from.now)
        .await?;
    let token = idp.sign(
        &key,
        &NewToken {
            subject: author.id().as_str(),
            audience: &from.client.id,
            auth_time: from.now.as_second(),
            nonce,
            amr: author.amr(),
        },
    );
    let token = match token {
        Ok(token) => token,
        Err(error) => return Ok(failed(&error)),
    };
    idp.logins().notify(idp.config(), &author, from).await;
    let body = json!({ "id_token": token, "expires_in": TOKEN_LIFE.as_secs() });
    Ok(Json(body).into_response())
}

/// Returns the credentials in the one `Authorization` header (RFC 7617, RFC 6750).
fn credentials(headers: &HeaderMap) -> Option<Credentials> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next()?.to_str().ok()?;
    if values.next().is_some() {
        return None;
    }
    let (scheme, value) = value.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(Credentials::Token(value.trim().to_owned()));
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()?;
    let (id, password) = decoded.split_once(':')?;
    Some(Credentials::Password {
        id: id.to_owned(),
        password: password.to_owned().into(),
    })
}
