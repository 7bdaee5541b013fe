//! The flags of commands that sign archives and upload them.

use clap::Args;

use super::{PauseArgs, SigningArgs, WaitArgs};

/// The signer, PAUSE, and the output.
#[derive(Args, Debug)]
pub struct PublishArgs {
    /// Sign and verify only, without upload
    #[arg(long, conflicts_with = "wait")]
    pub no_upload: bool,
    #[command(flatten)]
    pub signing: SigningArgs,
    #[command(flatten)]
    pub pause: PauseArgs,
    #[command(flatten)]
    pub wait: WaitArgs,
    /// Print each result as one JSON object on a line
    #[arg(long)]
    pub json: bool,
}
