//! The flags that choose an instance of Sigstore.

use std::path::PathBuf;

use clap::Args;

/// The instance of Sigstore.
#[derive(Args, Debug)]
#[command(next_help_heading = "Which Sigstore")]
pub struct InstanceArgs {
    /// Name of a Sigstore instance, as in `cpan-sigstore instance list` [default: the one in use]
    #[arg(long, value_name = "NAME")]
    pub instance: Option<String>,
    /// A trusted_root.json file [default: the instance's own]
    #[arg(long, value_name = "FILE", conflicts_with = "instance")]
    pub trusted_root: Option<PathBuf>,
    /// Cached trust material only, without refresh
    #[arg(long)]
    pub offline: bool,
}
