//! This project's program.

use std::path::PathBuf;
use std::process::Command;

use super::{Format, Order, Question, command};
use crate::error::InteropError;
use crate::installed;

#[derive(Debug)]
pub struct Ours {
    program: PathBuf,
}

impl Ours {
    pub(super) fn find() -> Result<Self, InteropError> {
        let program = installed::ours()?;
        Ok(Self { program })
    }

    pub(super) fn sign_command(&self, order: Order<'_>) -> Command {
        let mut command = command(&self.program, order.instance);
        command
            .args(["sign", "--yes", "--force"])
            .arg("--identity-token")
            .arg(order.token)
            .arg("--bundle")
            .arg(order.bundle)
            .arg("--trusted-root")
            .arg(order.instance.trusted_root_file())
            .arg("--signing-config")
            .arg(order.instance.signing_config_file())
            .arg(order.artifact);
        command
    }

    pub(super) fn verify_command(&self, question: Question<'_>) -> Command {
        let mut command = command(&self.program, question.instance);
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
        command
    }
}
