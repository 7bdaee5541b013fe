//! `cpan-sigstore author recovery-key`.

mod add;
mod create;
mod file;
mod remove;
mod replace;

use clap::Subcommand;
use cpan_sigstore_core::finding::Exit;

use crate::{error::CommandError, session::Session};

/// Keep an offline key that recovers your record.
///
/// The key signs the next author record, and nothing else. A record by it replaces that of a thief who has stolen your
/// identity, and ends the loss of every identity.
#[derive(Subcommand, Debug)]
#[command(
    after_help = "Examples:\n  cpan-sigstore author recovery-key create recovery.pem\n  \
    cpan-sigstore author recovery-key add ed25519:3b6a…\n  \
    cpan-sigstore author recovery-key use recovery.pem --after 1"
)]
pub enum RecoveryKeyCommand {
    Create(create::CreateArgs),
    Add(Box<add::AddArgs>),
    Remove(Box<remove::RemoveArgs>),
    Use(Box<replace::UseArgs>),
}

/// Runs the subcommand.
pub fn run(command: &RecoveryKeyCommand, session: &Session<'_>) -> Result<Exit, CommandError> {
    match command {
        RecoveryKeyCommand::Create(args) => create::run(args, session),
        RecoveryKeyCommand::Add(args) => add::run(args, session),
        RecoveryKeyCommand::Remove(args) => remove::run(args, session),
        RecoveryKeyCommand::Use(args) => replace::run(args, session),
    }
}
