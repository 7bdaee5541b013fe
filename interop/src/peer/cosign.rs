//! sigstore/cosign, version 3.

use std::path::PathBuf;
use std::process::Command;

use super::{Answer, Format, Order, Question, command, run};
use crate::error::InteropError;
use crate::installed;
use crate::instance::write;

#[derive(Debug)]
pub struct Cosign {
    program: PathBuf,
}

impl Cosign {
    /// Returns the installed cosign.
    ///
    /// # Errors
    /// If the environment does not name it.
    pub fn find() -> Result<Self, InteropError> {
        let program = installed::peer("cosign")?;
        Ok(Self { program })
    }

    /// Signs a file, in either of its formats.
    ///
    /// # Errors
    /// If the program cannot be run.
    pub async fn sign_as(&self, order: Order<'_>, format: Format) -> Result<Answer, InteropError> {
        run(self.sign_command(order, format)).await
    }

    /// Signs an in-toto statement about a file, with an empty predicate.
    ///
    /// # Errors
    /// If the predicate cannot be written, or the program cannot be run.
    pub async fn attest(&self, order: Order<'_>) -> Result<Answer, InteropError> {
        let predicate = order.instance.folder().join("predicate.json");
        write(&predicate, b"{}")?;
        let mut command = command(&self.program, order.instance);
        command
            .args(["attest-blob", "--yes", "--type", "custom"])
            .arg("--predicate")
            .arg(predicate)
            .arg("--identity-token")
            .arg(order.token)
            .arg("--bundle")
            .arg(order.bundle)
            .arg("--trusted-root")
            .arg(order.instance.trusted_root_file())
            .arg("--signing-config")
            .arg(order.instance.signing_config_file())
            .arg(order.artifact);
        run(command).await
    }

    /// Verifies an in-toto statement about a file.
    ///
    /// # Errors
    /// If the program cannot be run.
    pub async fn verify_attestation(&self, question: Question<'_>) -> Result<Answer, InteropError> {
        let mut command = command(&self.program, question.instance);
        command
            .args(["verify-blob-attestation", "--type", "custom"])
            .args(["--certificate-identity", question.identity])
            .args(["--certificate-oidc-issuer", question.issuer])
            .arg("--bundle")
            .arg(question.bundle)
            .arg("--trusted-root")
            .arg(question.instance.trusted_root_file())
            .arg(question.artifact);
        run(command).await
    }

    pub(super) fn sign_command(&self, order: Order<'_>, format: Format) -> Command {
        let mut command = command(&self.program, order.instance);
        command
            .args(["sign-blob", "--yes"])
            // Cosign accepts a token as text only if it is signed with RS256, and any token from a
            // file.
            .arg("--identity-token")
            .arg(order.token)
            .arg("--bundle")
            .arg(order.bundle)
            .arg("--trusted-root")
            .arg(order.instance.trusted_root_file())
            .arg("--signing-config")
            .arg(order.instance.signing_config_file());
        if format == Format::OldCosign {
            command.arg("--new-bundle-format=false");
        }
        command.arg(order.artifact);
        command
    }

    pub(super) fn verify_command(&self, question: Question<'_>) -> Command {
        let instance = question.instance;
        let mut command = command(&self.program, instance);
        command
            .arg("verify-blob")
            .args(["--certificate-identity", question.identity])
            .args(["--certificate-oidc-issuer", question.issuer])
            .arg("--bundle")
            .arg(question.bundle);
        match question.format {
            Format::Bundle => {
                command
                    .arg("--trusted-root")
                    .arg(instance.trusted_root_file());
            }
            // For its old format, cosign reads no trusted root and contacts the log unless it is
            // disabled.
            Format::OldCosign => {
                command
                    .arg("--offline")
                    .env("SIGSTORE_ROOT_FILE", instance.ca_file())
                    .env("SIGSTORE_REKOR_PUBLIC_KEY", instance.rekor_file())
                    .env("SIGSTORE_CT_LOG_PUBLIC_KEY_FILE", instance.ct_file());
            }
        }
        command.arg(question.artifact);
        command
    }
}
