//! GitLab CI: the job's definition requests a token in a variable, which must be
//! `SIGSTORE_ID_TOKEN` (GitLab documentation, "Use Sigstore for keyless signing").

use super::super::{Env, LoginError};

pub(super) fn is_here(env: &Env) -> bool {
    env.has("GITLAB_CI")
}

/// The caller has already looked for `SIGSTORE_ID_TOKEN`, so this job has none.
pub(super) fn without_token() -> LoginError {
    LoginError::NotPermitted {
        service: "GitLab",
        hint: "add `id_tokens: {SIGSTORE_ID_TOKEN: {aud: sigstore}}` to the job",
    }
}
