//! The flags for policy and trust store.

use std::path::PathBuf;

use clap::Args;
use cpan_sigstore_core::variable::SecretVariable;

use crate::{error::CommandError, folders};

/// The policy and the trust store of a gate.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "What is allowed")]
pub struct GateArgs {
    /// Deny releases that are not verified as their author's, in every case
    #[arg(long)]
    pub require_signed: bool,
    #[command(flatten)]
    pub policy: PolicyArgs,
    #[command(flatten)]
    pub trust_store: TrustStoreArgs,
}

/// The policy.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "What is allowed")]
pub struct PolicyArgs {
    /// Policy file [default: policy.toml beside the configuration]
    #[arg(long, value_name = "FILE", env = "CPAN_SIGSTORE_POLICY")]
    pub policy: Option<PathBuf>,
}

/// The trust store.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "What is allowed")]
pub struct TrustStoreArgs {
    /// Trust store: a file, or the address of a PostgreSQL database
    /// [default: trust-store.sqlite in your data folder]
    #[arg(
        long,
        value_name = "FILE|URL",
        env = SecretVariable::CPAN_SIGSTORE_TRUST_STORE.name(),
        hide_env_values = true
    )]
    pub trust_store: Option<String>,
}

impl PolicyArgs {
    /// The path of the policy.
    ///
    /// # Errors
    /// No home folder.
    pub fn path(&self) -> Result<PathBuf, CommandError> {
        match &self.policy {
            Some(path) => Ok(path.clone()),
            None => folders::policy_file(),
        }
    }
}
