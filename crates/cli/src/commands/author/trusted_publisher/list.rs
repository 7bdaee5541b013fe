//! `author trusted-publisher list`.

use clap::Args;
use cpan_sigstore_core::finding::Exit;

use super::{open, print};
use crate::{error::CommandError, flags::PauseArgs, session::Session, ui::Tone};

/// List the CI workflows that may upload for you.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  cpan-sigstore author trusted-publisher list\n\n\
    Exit codes: 0 listed, 1 failed, 2 usage, 3 try again later"
)]
pub struct ListArgs {
    #[command(flatten)]
    pause: PauseArgs,
    /// Print each registration as one JSON object on a line
    #[arg(long)]
    json: bool,
}

/// Runs the subcommand.
pub fn run(args: &ListArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let terminal = session.terminal();
    let (exchange, credentials) = open(&args.pause, session)?;
    let all = session.wait(exchange.registrations(&credentials).list())?;
    if args.json {
        for registration in &all {
            terminal.json(registration);
        }
        return Ok(Exit::Success);
    }
    if all.is_empty() {
        terminal.say("no workflow may upload for you");
    }
    for registration in &all {
        terminal.headline(Tone::Good, "registered", &registration.id);
        print(&registration.workflow, terminal);
    }
    Ok(Exit::Success)
}
