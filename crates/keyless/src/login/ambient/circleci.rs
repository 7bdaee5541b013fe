//! CircleCI: its program requests a token with a chosen audience (CircleCI documentation, "OpenID
//! Connect ID tokens with custom claims").

use super::{
    super::{Env, LoginError},
    AUDIENCE, program,
};

pub(super) fn is_here(env: &Env) -> bool {
    env.get("CIRCLECI").as_deref() == Some("true")
}

pub(super) async fn token(env: &Env) -> Result<String, LoginError> {
    let claims = format!(r#"{{"aud":"{AUDIENCE}"}}"#);
    // Use the root issuer, which Sigstore knows, instead of the organisation's issuer.
    let arguments = ["run", "oidc", "get", "--root-issuer", "--claims", &claims];
    program::output(env, "CircleCI", "circleci", &arguments).await
}
