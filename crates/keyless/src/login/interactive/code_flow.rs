//! The authorization code flow with PKCE, state and nonce (OpenID Connect Core 1.0 §3.1, RFC 7636).

use openidconnect::{
    AuthenticationFlow, AuthorizationCode, CsrfToken, Nonce, PkceCodeChallenge, RedirectUrl, Scope,
    StandardErrorResponse,
    core::{CoreErrorResponseType, CoreResponseType},
};

use super::{
    super::{IdentityToken, LoginError},
    LoginOptions, Prompt, browser,
    callback::Callback,
    id_token,
    provider::OpenIdProvider,
};

/// Redirect address that makes the provider show the code.
const OUT_OF_BAND: &str = "urn:ietf:wg:oauth:2.0:oob";

/// How the code reaches this program.
#[derive(Clone, Copy)]
pub(super) enum CodeDelivery {
    /// The browser sends it to a local port.
    Browser,
    /// The person types it.
    Manual,
}

pub(super) async fn run(
    provider: &OpenIdProvider<'_>,
    options: &LoginOptions<'_>,
    prompt: &mut dyn Prompt,
    way: CodeDelivery,
) -> Result<IdentityToken, LoginError> {
    let callback = match way {
        CodeDelivery::Browser => Some(Callback::listen().await.map_err(LoginError::Listen)?),
        CodeDelivery::Manual => None,
    };
    let redirect = callback.as_ref().map(Callback::redirect_uri);
    let redirect =
        RedirectUrl::new(redirect.unwrap_or_else(|| OUT_OF_BAND.to_owned())).map_err(|error| {
            LoginError::Answer {
                reason: error.to_string(),
            }
        })?;
    let client = provider.client.clone().set_redirect_uri(redirect);

    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let mut request = client
        .authorize_url(
            AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
            CsrfToken::new_random,
            Nonce::new_random,
        )
        .add_scope(Scope::new("email".to_owned()))
        .set_pkce_challenge(challenge);
    if let Some(account) = options.provider {
        request = request.add_extra_param("connector_id", account.connector_id());
    }
    let (url, state, nonce) = request.url();

    let code = match callback {
        Some(callback) => {
            prompt.show_url(url.as_str());
            if let Err(failure) = browser::open(options.env, &url) {
                prompt.show_browser_failure(&failure);
            }
            callback.code(state.secret()).await?
        }
        None => typed(prompt.ask_code(url.as_str()).map_err(LoginError::Code)?)?,
    };

    let response = client
        .exchange_code(AuthorizationCode::new(code))
        .map_err(|error| LoginError::Discovery {
            issuer: provider.issuer.to_owned(),
            reason: error.to_string(),
        })?
        .set_pkce_verifier(verifier)
        .request_async(&provider.transport)
        .await
        .map_err(|error| id_token::failed(error, refused))?;
    id_token::verified(provider, options, &response, &nonce)
}

fn typed(code: String) -> Result<String, LoginError> {
    match code.trim() {
        "" => Err(LoginError::NoCode),
        code => Ok(code.to_owned()),
    }
}

fn refused(response: StandardErrorResponse<CoreErrorResponseType>) -> LoginError {
    LoginError::Refused {
        code: response.error().to_string(),
        description: response.error_description().cloned(),
    }
}
