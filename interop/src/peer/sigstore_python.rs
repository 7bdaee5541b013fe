//! sigstore/sigstore-python, version 4.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::{Order, Question, command};
use crate::error::InteropError;
use crate::installed;

#[derive(Debug)]
pub struct SigstorePython {
    program: PathBuf,
}

impl SigstorePython {
    pub(super) fn find() -> Result<Self, InteropError> {
        let program = installed::peer("sigstore-python")?;
        Ok(Self { program })
    }

    pub(super) fn sign_command(&self, order: Order<'_>) -> Result<Command, InteropError> {
        let token = fs::read_to_string(order.token).map_err(|source| InteropError::File {
            path: order.token.to_owned(),
            source,
        })?;
        let mut command = command(&self.program, order.instance);
        command
            .arg("--trust-config")
            .arg(order.instance.client_trust_config_file())
            .args(["sign", "--overwrite", "--identity-token", &token])
            .arg("--bundle")
            .arg(order.bundle)
            .arg(order.artifact);
        Ok(command)
    }

    pub(super) fn verify_command(&self, question: Question<'_>) -> Command {
        let mut command = command(&self.program, question.instance);
        command
            .arg("--trust-config")
            .arg(question.instance.client_trust_config_file())
            .args(["verify", "identity", "--offline"])
            .args(["--cert-identity", question.identity])
            .args(["--cert-oidc-issuer", question.issuer])
            .arg("--bundle")
            .arg(question.bundle)
            .arg(question.artifact);
        command
    }
}
