//! sigstore/sigstore-python, version 4.

use std::path::PathBuf;

use super::{Answer, Order, Question, run};
use crate::error::InteropError;
use crate::installed;

/// sigstore/sigstore-python.
#[derive(Debug)]
pub struct SigstorePython {
    program: PathBuf,
}

impl SigstorePython {
    pub(super) fn find() -> Result<Self, InteropError> {
        let program = installed::peer("sigstore-python")?;
        Ok(Self { program })
    }

    pub(super) async fn sign(&self, order: Order<'_>) -> Result<Answer, InteropError> {
        run(&self.program, |command| {
            command
                .arg("--trust-config")
                .arg(order.instance.client_trust_config_file())
                .args(["sign", "--overwrite", "--identity-token", order.token])
                .arg("--bundle")
                .arg(order.bundle)
                .arg(order.artifact);
        })
        .await
    }

    pub(super) async fn verify(&self, question: Question<'_>) -> Result<Answer, InteropError> {
        run(&self.program, |command| {
            command
                .arg("--trust-config")
                .arg(question.instance.client_trust_config_file())
                .args(["verify", "identity", "--offline"])
                .args(["--cert-identity", question.identity])
                .args(["--cert-oidc-issuer", question.issuer])
                .arg("--bundle")
                .arg(question.bundle)
                .arg(question.artifact);
        })
        .await
    }
}
