//! Buildkite: the agent on the job's machine requests the token (Buildkite documentation,
//! "buildkite-agent oidc").

use super::{
    super::{Env, LoginError},
    AUDIENCE, program,
};

pub(super) fn is_here(env: &Env) -> bool {
    env.get("BUILDKITE").as_deref() == Some("true")
}

pub(super) async fn token(env: &Env) -> Result<String, LoginError> {
    let arguments = ["oidc", "request-token", "--audience", AUDIENCE];
    program::output(env, "Buildkite", "buildkite-agent", &arguments).await
}
