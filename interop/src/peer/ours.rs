//! This project's program.

use std::path::PathBuf;

use super::{Answer, Format, Order, Question, run};
use crate::error::InteropError;
use crate::installed;

/// This project's program.
#[derive(Debug)]
pub struct Ours {
    program: PathBuf,
}

impl Ours {
    pub(super) fn find() -> Result<Self, InteropError> {
        let program = installed::ours()?;
        Ok(Self { program })
    }

    pub(super) async fn sign(&self, order: Order<'_>) -> Result<Answer, InteropError> {
        run(&self.program, |command| {
            command
                .args(["sign", "--yes", "--force", "--identity-token", order.token])
                .arg("--bundle")
                .arg(order.bundle)
                .arg("--trusted-root")
                .arg(order.instance.trusted_root_file())
                .arg("--signing-config")
                .arg(order.instance.signing_config_file())
                .arg(order.artifact);
        })
        .await
    }

    pub(super) async fn verify(&self, question: Question<'_>) -> Result<Answer, InteropError> {
        run(&self.program, |command| {
            command
                .args(["verify", "--json"])
                .args(["--certificate-identity", question.identity])
                .args(["--certificate-oidc-issuer", question.issuer])
                .arg("--bundle")
                .arg(question.bundle)
                .arg("--trusted-root")
                .arg(question.instance.trusted_root_file())
                .arg(question.artifact);
            if question.format == Format::OldCosign {
                command.arg("--allow-old-format");
            }
        })
        .await
    }
}
