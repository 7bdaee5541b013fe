//! Ambient credentials: a token in the environment, or a CI service that issues tokens to its jobs.

mod buildkite;
mod ci_job;
mod circleci;
mod github;
mod gitlab;
mod google;
mod program;

pub use ci_job::CiJob;

use cpan_sigstore_core::variable::SecretVariable;

use super::{Env, IdentityToken, LoginError};

/// Audience of every requested token.
const AUDIENCE: &str = "sigstore";

/// Returns the identity token of the environment, if there is one.
///
/// Sources, in this order: the variable `SIGSTORE_ID_TOKEN`, GitHub Actions, GitLab, Buildkite,
/// CircleCI, and a Google service account (`GOOGLE_SERVICE_ACCOUNT_NAME`).
///
/// The function creates an HTTP client only if it contacts a service: only then is the address
/// known.
///
/// # Errors
/// [`LoginError`] if the environment should provide a token and does not: nobody can log in at a CI
/// job. [`LoginError::NotPermitted`] states what the job lacks.
pub async fn ambient(env: &Env) -> Result<Option<IdentityToken>, LoginError> {
    if let Some(token) = env.secret(SecretVariable::SIGSTORE_ID_TOKEN) {
        return in_variable(SecretVariable::SIGSTORE_ID_TOKEN, &token).map(Some);
    }
    let jwt = if github::is_here(env) {
        github::token(env, AUDIENCE).await?
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

/// The token in a variable, which the error names.
fn in_variable(variable: SecretVariable, text: &str) -> Result<IdentityToken, LoginError> {
    IdentityToken::from_jwt(text).map_err(|source| LoginError::Variable {
        variable: variable.name(),
        source,
    })
}
