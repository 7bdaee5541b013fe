//! Checks of the identity token at the end of a login (OpenID Connect Core 1.0 §3.1.3.7).

use std::time::SystemTime;

use openidconnect::{
    ClaimsVerificationError, NonceVerifier, RequestTokenError, TokenResponse as _,
    core::{CoreJwsSigningAlgorithm, CoreTokenResponse},
};

use super::{
    super::{IdentityToken, LoginError, TokenError},
    LoginOptions,
    provider::OpenIdProvider,
    transport::TransportError,
};

/// Algorithms that a provider may sign with. Shared secrets and `none` are excluded.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// Returns the identity token of a token response after checking signature, issuer, audience,
/// expiry and nonce.
pub(super) fn verified(
    provider: &OpenIdProvider<'_>,
    options: &LoginOptions<'_>,
    response: &CoreTokenResponse,
    nonce: impl NonceVerifier,
) -> Result<IdentityToken, LoginError> {
    let id_token = response.id_token().ok_or(LoginError::NoIdToken)?;
    let token = IdentityToken::from_jwt(&id_token.to_string())?.for_audience(provider.client_id);
    let clock = options.clock;
    let verifier = provider
        .client
        .id_token_verifier()
        .set_allowed_algs(ALGORITHMS)
        .set_time_fn(move || SystemTime::from(clock()).into());
    match id_token.claims(&verifier, nonce) {
        Ok(_) => Ok(token),
        Err(error) => Err(refused(provider, &token, options, error)),
    }
}

fn refused(
    provider: &OpenIdProvider<'_>,
    token: &IdentityToken,
    options: &LoginOptions<'_>,
    error: ClaimsVerificationError,
) -> LoginError {
    let reason = error.to_string();
    match error {
        ClaimsVerificationError::InvalidNonce(_) => LoginError::NonceMismatch,
        ClaimsVerificationError::InvalidIssuer(_) => LoginError::WrongIssuer {
            expected: provider.issuer.to_owned(),
            found: token.issuer().to_owned(),
        },
        ClaimsVerificationError::SignatureVerification(error) => LoginError::Signature {
            reason: error.to_string(),
        },
        // Use the same error as the token's own check.
        ClaimsVerificationError::InvalidAudience(_) | ClaimsVerificationError::Expired(_) => {
            match token.check((options.clock)()) {
                Err(error) => LoginError::Token(error),
                Ok(()) => LoginError::Answer { reason },
            }
        }
        _ => LoginError::Answer { reason },
    }
}

/// Converts the error of a token request, unless its meaning depends on the flow.
pub(super) fn failed<E: openidconnect::ErrorResponse + 'static>(
    error: RequestTokenError<TransportError, E>,
    refused: impl FnOnce(E) -> LoginError,
) -> LoginError {
    match error {
        RequestTokenError::ServerResponse(response) => refused(response),
        RequestTokenError::Request(error) => error.into(),
        RequestTokenError::Parse(error, _) => match error.path().to_string().as_str() {
            // The parser's error would quote the tokens.
            "id_token" => LoginError::Token(TokenError::Form("an unreadable one".to_owned())),
            path => LoginError::Answer {
                reason: format!("unreadable response at `{path}`"),
            },
        },
        RequestTokenError::Other(reason) => LoginError::Answer { reason },
    }
}
