//! The device flow (RFC 8628): the person logs in on any device that has a browser.

use std::time::Duration;

use openidconnect::{
    DeviceCodeErrorResponse, DeviceCodeErrorResponseType, EmptyExtraDeviceAuthorizationFields,
    Nonce, PkceCodeChallenge, Scope, StandardErrorResponse, core::CoreDeviceAuthorizationResponse,
    core::CoreErrorResponseType,
};

use super::{
    super::{IdentityToken, LoginError},
    LoginOptions, Prompt, id_token,
    provider::{OpenIdProvider, safe_page},
};

/// Shortest pause between two polls, even if the provider allows less.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);

pub(super) async fn run(
    provider: &OpenIdProvider<'_>,
    options: &LoginOptions<'_>,
    prompt: &mut dyn Prompt,
) -> Result<IdentityToken, LoginError> {
    let client = provider
        .client
        .clone()
        .set_device_authorization_url(provider.device_endpoint()?);
    // RFC 8628 does not require this. Dex binds the device code to the verifier; others ignore it.
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let started: CoreDeviceAuthorizationResponse = client
        .exchange_device_code()
        .add_scope(Scope::new("email".to_owned()))
        .add_extra_param("code_challenge", challenge.as_str().to_owned())
        .add_extra_param(
            "code_challenge_method",
            challenge.method().as_str().to_owned(),
        )
        .request_async(&provider.transport)
        .await
        .map_err(|error| id_token::failed(error, not_started))?;
    show(&started, prompt)?;

    let response = client
        .exchange_device_access_token(&started)
        .map_err(|error| LoginError::Discovery {
            issuer: provider.issuer.to_owned(),
            reason: error.to_string(),
        })?
        .add_extra_param("code_verifier", verifier.secret().to_owned())
        .request_async(
            &provider.transport,
            |pause| tokio::time::sleep(pause.max(SHORTEST_PAUSE)),
            None,
        )
        .await
        .map_err(|error| id_token::failed(error, not_finished))?;
    // This flow has no nonce. The device code, which nobody else has seen, replaces it.
    let any_nonce = |_: Option<&Nonce>| Ok(());
    id_token::verified(provider, options, &response, any_nonce)
}

fn show(
    started: &openidconnect::DeviceAuthorizationResponse<EmptyExtraDeviceAuthorizationFields>,
    prompt: &mut dyn Prompt,
) -> Result<(), LoginError> {
    let page = safe_page(started.verification_uri())?;
    let complete = started
        .verification_uri_complete()
        .map(|complete| safe_page(complete.secret()))
        .transpose()?;
    prompt.show_device_code(&page, complete.as_deref(), started.user_code().secret());
    Ok(())
}

fn not_started(response: StandardErrorResponse<CoreErrorResponseType>) -> LoginError {
    LoginError::Refused {
        code: response.error().to_string(),
        description: response.error_description().cloned(),
    }
}

fn not_finished(response: DeviceCodeErrorResponse) -> LoginError {
    match response.error() {
        DeviceCodeErrorResponseType::AccessDenied => LoginError::Denied,
        DeviceCodeErrorResponseType::ExpiredToken => LoginError::DeviceCodeExpired,
        other => LoginError::Refused {
            code: other.to_string(),
            description: response.error_description().cloned(),
        },
    }
}
