//! The flags of commands that sign.

use std::path::PathBuf;

use clap::Args;

use super::{InstanceArgs, LoginArgs};

/// The signer, and the instance of Sigstore.
#[derive(Args, Debug)]
pub struct SigningArgs {
    #[command(flatten)]
    pub login: LoginArgs,
    #[command(flatten)]
    pub instance: InstanceArgs,
    /// A signing_config.json file [default: the instance's own]
    #[arg(long, value_name = "FILE", help_heading = "Which Sigstore")]
    pub signing_config: Option<PathBuf>,
}
