//! `sign-bundle` and `verify-bundle`: the protocol of the Sigstore conformance suite
//! (`docs/cli_protocol.md` of sigstore/sigstore-conformance). Hidden: people use `sign` and `verify`,
//! which do the work here too.

use std::{ffi::OsString, path::PathBuf};

use clap::Args;
use cpan_sigstore_core::finding::Exit;

use super::{sign, verify};
use crate::{
    error::CommandError,
    flags::{IdentityArgs, InstanceArgs, LoginArgs, SigningArgs},
    session::Session,
};

#[derive(Args, Debug)]
pub struct SignBundleArgs {
    #[arg(long)]
    staging: bool,
    #[arg(long)]
    identity_token: String,
    #[arg(long)]
    bundle: PathBuf,
    #[arg(long)]
    trusted_root: Option<PathBuf>,
    #[arg(long)]
    signing_config: Option<PathBuf>,
    file: PathBuf,
}

#[derive(Args, Debug)]
pub struct VerifyBundleArgs {
    #[arg(long)]
    staging: bool,
    #[arg(long)]
    bundle: PathBuf,
    #[arg(long)]
    certificate_identity: Option<String>,
    #[arg(long)]
    certificate_oidc_issuer: Option<String>,
    #[arg(long)]
    key: Option<PathBuf>,
    #[arg(long)]
    trusted_root: Option<PathBuf>,
    file_or_digest: OsString,
}

/// Runs `sign-bundle`.
pub fn sign(args: &SignBundleArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let args = sign::SignArgs {
        files: vec![args.file.clone()],
        bundle: Some(args.bundle.clone()),
        force: true,
        signing: SigningArgs {
            login: LoginArgs {
                identity_token: Some(args.identity_token.clone().into()),
                ..LoginArgs::default()
            },
            instance: instance(args.staging, &args.trusted_root),
            signing_config: args.signing_config.clone(),
        },
        json: false,
    };
    sign::run(&args, session)
}

/// Runs `verify-bundle`.
pub fn verify(args: &VerifyBundleArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let identity = IdentityArgs {
        certificate_identity: args.certificate_identity.clone(),
        certificate_oidc_issuer: args.certificate_oidc_issuer.clone(),
        ..IdentityArgs::default()
    };
    let question = verify::Question {
        file: &args.file_or_digest,
        bundle: Some(&args.bundle),
        identity: &identity,
        key: args.key.as_deref(),
        instance: &instance(args.staging, &args.trusted_root),
        allow_old_format: false,
        json: false,
    };
    verify::run_question(&question, session)
}

/// The suite names one of two instances, independent of the user's configuration.
fn instance(staging: bool, trusted_root: &Option<PathBuf>) -> InstanceArgs {
    InstanceArgs {
        instance: Some(if staging { "staging" } else { "public-good" }.to_owned()),
        trusted_root: trusted_root.clone(),
        offline: false,
    }
}
