//! `cpan-sigstore index`: all author records of a CPAN, signed by an operator.

mod build;
mod diff;
mod error;
mod overrides;
mod sign;
mod status;
mod r#use;
mod verify;

pub use error::IndexFailure;

use clap::Subcommand;
use cpan_sigstore_core::finding::Exit;

use crate::{failure::Failure, terminal::Terminal};

/// Say who signs for whom before anybody has seen a release: gather the author records of a CPAN, or use what
/// somebody has gathered.
///
/// An index says nothing that its records do not prove. What its operator adds is which of two that conflict
/// was there first, and, openly and after a week, an override for an author who lost every identity.
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
pub fn run(command: &IndexCommand, terminal: &Terminal) -> Result<Exit, Failure> {
    match command {
        IndexCommand::Use(args) => r#use::run(args, terminal),
        IndexCommand::Status(args) => status::run(args, terminal),
        IndexCommand::Build(args) => build::run(args, terminal),
        IndexCommand::Sign(args) => sign::run(args, terminal),
        IndexCommand::Verify(args) => verify::run(args, terminal),
        IndexCommand::Diff(args) => diff::run(args, terminal),
        IndexCommand::Override(args) => overrides::run(args, terminal),
    }
}
