//! `cpan-sigstore index`: all author records of a CPAN, signed by an operator.

mod build;
mod diff;
mod overrides;
mod sign;
mod status;
mod r#use;
mod verify;

use clap::Subcommand;
use cpan_sigstore_core::finding::Exit;

use crate::{error::CommandError, session::Session};

/// Use, build and sign an author index.
///
/// An author index is an operator's signed file of all author records of a CPAN. With it, the first installation
/// of a release already has authorized signers. Each record in it proves itself. The operator adds which of two
/// conflicting records was first, and announces overrides for authors who lost every identity.
#[derive(Subcommand, Debug)]
#[command(after_help = "Examples:\n  \
    cpan-sigstore index use https://operator.example/index.json \\\n    \
    --identity operator@example.org --issuer https://accounts.google.com\n  \
    cpan-sigstore index build --cpan /srv/CPAN --previous index.json\n  \
    cpan-sigstore index sign index.json")]
pub enum IndexCommand {
    Use(r#use::UseArgs),
    Status(status::StatusArgs),
    Build(Box<build::BuildArgs>),
    Sign(Box<sign::SignArgs>),
    Verify(Box<verify::VerifyArgs>),
    Diff(diff::DiffArgs),
    Override(Box<overrides::OverrideArgs>),
}

/// Runs the subcommand.
pub fn run(command: &IndexCommand, session: &Session<'_>) -> Result<Exit, CommandError> {
    match command {
        IndexCommand::Use(args) => r#use::run(args, session),
        IndexCommand::Status(args) => status::run(args, session),
        IndexCommand::Build(args) => build::run(args, session),
        IndexCommand::Sign(args) => sign::run(args, session),
        IndexCommand::Verify(args) => verify::run(args, session),
        IndexCommand::Diff(args) => diff::run(args, session),
        IndexCommand::Override(args) => overrides::run(args, session),
    }
}
