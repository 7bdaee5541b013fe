//! The Perl modules of this project, by the script that the Sigstore conformance suite runs. They only verify.

use std::path::Path;
use std::process::Command;

use super::{Question, command};

const SCRIPT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../perl/CPAN-Sigstore/xt/verify-bundle"
);

pub(super) fn verify_command(question: Question<'_>) -> Command {
    let mut command = command(Path::new("/usr/bin/perl"), question.instance);
    command
        .arg(SCRIPT)
        .args(["--certificate-identity", question.identity])
        .args(["--certificate-oidc-issuer", question.issuer])
        .arg("--bundle")
        .arg(question.bundle)
        .arg("--trusted-root")
        .arg(question.instance.trusted_root_file())
        .arg(question.artifact);
    command
}
