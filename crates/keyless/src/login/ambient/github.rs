//! GitHub Actions: a job with `id-token: write` gets an address and a secret with which it requests
//! a token (GitHub documentation, "OpenID Connect reference").

use reqwest::Method;
use serde::Deserialize;
use url::Url;

use super::super::{Env, LoginError, address::refuse_insecure};
use cpan_sigstore_core::variable::SecretVariable;
use cpan_sigstore_http::Http;

const SERVICE: &str = "GitHub Actions";
/// Largest response, in bytes. Real ones have 2 KiB.
const LIMIT: usize = 64 * 1024;

#[derive(Deserialize)]
struct Answer {
    value: String,
}

pub(super) fn is_here(env: &Env) -> bool {
    env.secret(SecretVariable::ACTIONS_ID_TOKEN_REQUEST_TOKEN)
        .is_some()
        || env.get("GITHUB_ACTIONS").as_deref() == Some("true")
}

/// Whether the job may request a token.
pub(super) fn may_request(env: &Env) -> bool {
    env.secret(SecretVariable::ACTIONS_ID_TOKEN_REQUEST_URL)
        .is_some()
        && env
            .secret(SecretVariable::ACTIONS_ID_TOKEN_REQUEST_TOKEN)
            .is_some()
}

pub(super) async fn token(env: &Env, audience: &str) -> Result<String, LoginError> {
    let (Some(url), Some(secret)) = (
        env.secret(SecretVariable::ACTIONS_ID_TOKEN_REQUEST_URL),
        env.secret(SecretVariable::ACTIONS_ID_TOKEN_REQUEST_TOKEN),
    ) else {
        return Err(LoginError::NotPermitted {
            service: SERVICE,
            hint: "add `id-token: write` to the `permissions` of the workflow",
        });
    };
    let failed = |reason: String| LoginError::Ci {
        service: SERVICE,
        reason,
    };
    let mut url = Url::parse(&url)
        .map_err(|_| failed("ACTIONS_ID_TOKEN_REQUEST_URL is not a URL".to_owned()))?;
    url.query_pairs_mut().append_pair("audience", audience);
    refuse_insecure(&url)?;
    let http = Http::for_urls([url.as_str()])?;
    let request = http.request(Method::GET, url).bearer_auth(secret);
    let answer = http.send(request, LIMIT).await?;
    if !answer.is_success() {
        return Err(failed(format!(
            "status {}: {}",
            answer.status,
            answer.excerpt()
        )));
    }
    let answer: Answer = serde_json::from_slice(&answer.body)
        .map_err(|_| failed("a response without a token".to_owned()))?;
    Ok(answer.value)
}
