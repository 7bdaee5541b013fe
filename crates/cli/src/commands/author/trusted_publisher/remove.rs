//! `author trusted-publisher remove`.

use clap::Args;
use cpan_sigstore_core::finding::Exit;

use super::open;
use crate::{error::CommandError, flags::PauseArgs, session::Session, ui::Tone};

/// End the registration of a CI workflow.
///
/// A run that has an upload token can use it until it expires, within half an hour.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  cpan-sigstore author trusted-publisher remove 3f9c2a\n\n\
    Exit codes: 0 removed, 1 failed, 2 usage, 3 try again later"
)]
pub struct RemoveArgs {
    /// Id of the registration
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    pause: PauseArgs,
}

/// Runs the subcommand.
pub fn run(args: &RemoveArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let (exchange, credentials) = open(&args.pause, session)?;
    session.wait(exchange.registrations(&credentials).remove(&args.id))?;
    session.terminal().headline(Tone::Good, "removed", &args.id);
    Ok(Exit::Success)
}
