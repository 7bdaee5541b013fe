//! The device flow (RFC 8628): a program without a browser shows a code, which a person enters
//! elsewhere.

use axum::{
    Json,
    extract::{Form, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use jiff::SignedDuration;
use rand_core::{OsRng, RngCore as _};
use serde::Deserialize;
use serde_json::json;

use super::{
    CLIENT_ID, Issuer, ProviderMisbehaviour, page, random_name,
    session::{DeviceAnswer, DeviceLogin, PATIENCE},
    token_endpoint::{self, TokenRequest, error},
};

#[derive(Deserialize)]
pub(super) struct DeviceRequest {
    client_id: Option<String>,
    code_challenge: Option<String>,
    code_challenge_method: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct DevicePage {
    user_code: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct DeviceForm {
    user_code: String,
    account: Option<String>,
}

/// Starts a device login.
pub(super) async fn start(
    State(issuer): State<Issuer>,
    Form(request): Form<DeviceRequest>,
) -> Response {
    if request.client_id.as_deref() != Some(CLIENT_ID) {
        return error(StatusCode::UNAUTHORIZED, "invalid_client");
    }
    let method = request.code_challenge_method.as_deref();
    if request.code_challenge.is_some() && method != Some("S256") {
        return error(StatusCode::BAD_REQUEST, "invalid_request");
    }
    let device_code = random_name();
    let user_code = user_code();
    let device = DeviceLogin {
        user_code: user_code.clone(),
        code_challenge: request.code_challenge,
        answer: DeviceAnswer::Pending,
        expires: issuer.provider.inner.clock.now() + PATIENCE,
        last_poll: None,
    };
    issuer
        .provider
        .sessions()
        .devices
        .insert(device_code.clone(), device);
    let page = format!("{}/device", issuer.url());
    Json(json!({
        "device_code": device_code,
        "user_code": user_code,
        "verification_uri": page,
        "verification_uri_complete": format!("{page}?user_code={user_code}"),
        "expires_in": PATIENCE.as_secs(),
        "interval": issuer.provider.device_interval(),
    }))
    .into_response()
}

/// Shows the page on which a person enters the code and chooses an account.
pub(super) async fn ask(State(issuer): State<Issuer>, Query(page): Query<DevicePage>) -> Response {
    let Some(user_code) = page.user_code else {
        return page::ask_user_code();
    };
    if issuer
        .provider
        .sessions()
        .device_by_user_code(&user_code)
        .is_none()
    {
        return page::refuse("no device waits for this code");
    }
    let accounts = issuer.provider.choice(issuer.realm, None);
    page::choose("Connect a device", ("user_code", &user_code), &accounts)
}

/// Handles the click.
pub(super) async fn answer(State(issuer): State<Issuer>, Form(form): Form<DeviceForm>) -> Response {
    let answer = match form.account {
        None => DeviceAnswer::Denied,
        Some(account) if issuer.account(&account).is_some() => DeviceAnswer::Agreed { account },
        Some(_) => return page::refuse("unknown account"),
    };
    match issuer
        .provider
        .sessions()
        .device_by_user_code(&form.user_code)
    {
        Some(device) => device.answer = answer,
        None => return page::refuse("no device waits for this code"),
    }
    page::tell(
        "Thank you",
        "You may close this page and return to the device.",
    )
}

/// Answers the device's poll (RFC 8628 §3.5).
pub(super) fn poll(issuer: &Issuer, request: &TokenRequest) -> Response {
    let refuse = |code| error(StatusCode::BAD_REQUEST, code);
    let now = issuer.provider.inner.clock.now();
    let code = request.device_code.as_deref().unwrap_or_default();
    let account = {
        let mut sessions = issuer.provider.sessions();
        let Some(device) = sessions.devices.get_mut(code) else {
            return refuse("invalid_grant");
        };
        let pause = SignedDuration::from_secs(
            i64::try_from(issuer.provider.device_interval()).unwrap_or(i64::MAX),
        );
        let first_poll = device.last_poll.is_none();
        let too_soon = device
            .last_poll
            .replace(now)
            .is_some_and(|last| now.duration_since(last) < pause);
        if device.expires <= now {
            return refuse("expired_token");
        }
        if too_soon
            || (first_poll && issuer.provider.wrong() == Some(ProviderMisbehaviour::SlowDown))
        {
            return refuse("slow_down");
        }
        if let Some(challenge) = &device.code_challenge
            && !token_endpoint::proves(request.code_verifier.as_deref(), challenge)
        {
            return refuse("invalid_grant");
        }
        match device.answer.clone() {
            DeviceAnswer::Pending => return refuse("authorization_pending"),
            DeviceAnswer::Denied => return refuse("access_denied"),
            DeviceAnswer::Agreed { account } => {
                sessions.devices.remove(code);
                account
            }
        }
    };
    match issuer.account(&account) {
        Some(account) => token_endpoint::answer(issuer, account, None),
        None => refuse("invalid_grant"),
    }
}

/// Returns eight consonants in two groups, without similar letters (RFC 8628 §6.1).
fn user_code() -> String {
    const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
    let letter = || char::from(LETTERS[OsRng.next_u32() as usize % LETTERS.len()]);
    let group = || (0..4).map(|_| letter()).collect::<String>();
    format!("{}-{}", group(), group())
}
