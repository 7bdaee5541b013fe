//! Credentials that the environment has: a token, or a CI service that hands tokens to its jobs.

mod buildkite;
mod circleci;
mod github;
mod gitlab;
mod google;
mod program;

use super::{Env, IdentityToken, LoginError};

/// The audience that every token is asked for.
const AUDIENCE: &str = "sigstore";

/// The identity token that the environment offers, if it offers one.
///
/// In this order: the variable `SIGSTORE_ID_TOKEN`, then GitHub Actions, GitLab, Buildkite,
/// CircleCI, and a Google service account (`GOOGLE_SERVICE_ACCOUNT_NAME`).
///
/// HTTP clients are made here, and only where a service is asked: its address is known from the
/// environment alone.
///
/// # Errors
/// Where an environment should give a token and does not: nobody sits before a CI job who could log
/// in instead. [`LoginError::NotPermitted`] says what the job lacks.
pub async fn ambient(env: &Env) -> Result<Option<IdentityToken>, LoginError> {
    let jwt = if let Some(token) = env.get("SIGSTORE_ID_TOKEN") {
        token
    } else if github::is_here(env) {
        github::token(env).await?
    } else if gitlab::is_here(env) {
        return Err(gitlab::without_token());
    } else if buildkite::is_here(env) {
        buildkite::token(env).await?
    } else if circleci::is_here(env) {
        circleci::token(env).await?
    } else if let Some(account) = google::account(env) {
        google::token(&google::Endpoints::of(env), &account).await?
    } else {
        return Ok(None);
    };
    Ok(Some(IdentityToken::from_jwt(&jwt)?))
}
