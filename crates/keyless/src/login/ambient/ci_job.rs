//! A CI job that has an identity token for a service other than Sigstore.

use cpan_sigstore_core::variable::SecretVariable;

use super::{
    super::{Env, IdentityToken, LoginError},
    github, gitlab, in_variable,
};

/// A CI job, as a source of tokens for PAUSE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CiJob {
    /// The token is in the variable `PAUSE_ID_TOKEN`.
    Variable,
    /// GitHub Actions with the permission `id-token: write`.
    GitHub,
    /// GitHub Actions without that permission.
    GitHubWithoutPermission,
    /// GitLab without the variable.
    GitLabWithoutToken,
}

impl CiJob {
    /// Returns the CI job of the environment.
    pub fn of(env: &Env) -> Option<Self> {
        if env.secret(SecretVariable::PAUSE_ID_TOKEN).is_some() {
            Some(Self::Variable)
        } else if github::is_here(env) {
            Some(match github::may_request(env) {
                true => Self::GitHub,
                false => Self::GitHubWithoutPermission,
            })
        } else {
            gitlab::is_here(env).then_some(Self::GitLabWithoutToken)
        }
    }

    /// Returns whether a token of the job can be had, as far as the environment shows.
    pub fn has_token(self) -> bool {
        matches!(self, Self::Variable | Self::GitHub)
    }

    /// Returns the service, for people.
    pub fn service(self) -> &'static str {
        match self {
            Self::Variable => "the token in PAUSE_ID_TOKEN",
            Self::GitHub | Self::GitHubWithoutPermission => "GitHub Actions",
            Self::GitLabWithoutToken => "GitLab",
        }
    }

    /// Returns a token of the job for the service `audience`.
    ///
    /// # Errors
    /// [`LoginError`] if the job has none, or not for that audience.
    pub async fn token(self, env: &Env, audience: &str) -> Result<IdentityToken, LoginError> {
        let jwt = match self {
            Self::Variable => {
                let variable = SecretVariable::PAUSE_ID_TOKEN;
                let token = env.secret(variable).unwrap_or_default();
                return Ok(in_variable(variable, &token)?.for_audience(audience));
            }
            Self::GitHub | Self::GitHubWithoutPermission => github::token(env, audience).await?,
            Self::GitLabWithoutToken => {
                return Err(LoginError::NotPermitted {
                    service: "GitLab",
                    hint: "add `id_tokens: {PAUSE_ID_TOKEN: {aud: …}}` with the address of PAUSE to the job",
                });
            }
        };
        Ok(IdentityToken::from_jwt(&jwt)?.for_audience(audience))
    }
}
