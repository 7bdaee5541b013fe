//! GitLab CI: the job's definition asks for a token by the variable's name, which must be
//! `SIGSTORE_ID_TOKEN` (GitLab documentation, "Use Sigstore for keyless signing").

use super::super::{Env, LoginError};

pub(super) fn is_here(env: &Env) -> bool {
    env.has("GITLAB_CI")
}

/// `SIGSTORE_ID_TOKEN` was looked for before: a job that comes here has none.
pub(super) fn without_token() -> LoginError {
    LoginError::NotPermitted {
        service: "GitLab",
        hint: "add `id_tokens: {SIGSTORE_ID_TOKEN: {aud: sigstore}}` to the job",
    }
}
