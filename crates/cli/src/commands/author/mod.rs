//! `cpan-sigstore author`: what an author says of who signs.

mod add;
mod check;
mod enroll;
mod error;
mod files;
mod make;
mod next;
mod publish;
mod recover;
mod releases;
mod retire;
mod show;
mod stated;
mod upload;

pub use error::AuthorError;

use clap::Subcommand;
use cpan_sigstore_core::finding::Exit;

use crate::{failure::Failure, terminal::Terminal};

/// Say who signs your releases, in a record beside them that only you can change.
///
/// A record is signed by one of the identities it names, and each later version by an identity of the version
/// before. Whoever has your PAUSE password alone cannot make one that counts.
#[derive(Subcommand, Debug)]
#[command(after_help = "Examples:\n  cpan-sigstore author enroll\n  \
    cpan-sigstore author add --workflow tim/Foo-Bar/.github/workflows/release.yml\n  \
    cpan-sigstore author retire tim@old.example.org --compromised-since 2026-06-01T00:00:00Z\n  \
    cpan-sigstore author show TIMLEGGE")]
pub enum AuthorCommand {
    Enroll(Box<enroll::EnrollArgs>),
    Add(Box<add::AddArgs>),
    Retire(Box<retire::RetireArgs>),
    Releases(Box<releases::ReleasesArgs>),
    Recover(Box<recover::RecoverArgs>),
    Upload(Box<upload::UploadArgs>),
    Show(Box<show::ShowArgs>),
    Check(Box<check::CheckArgs>),
}

/// Runs the subcommand.
pub fn run(command: &AuthorCommand, terminal: &Terminal) -> Result<Exit, Failure> {
    match command {
        AuthorCommand::Enroll(args) => enroll::run(args, terminal),
        AuthorCommand::Add(args) => add::run(args, terminal),
        AuthorCommand::Retire(args) => retire::run(args, terminal),
        AuthorCommand::Releases(args) => releases::run(args, terminal),
        AuthorCommand::Recover(args) => recover::run(args, terminal),
        AuthorCommand::Upload(args) => upload::run(args, terminal),
        AuthorCommand::Show(args) => show::run(args, terminal),
        AuthorCommand::Check(args) => check::run(args, terminal),
    }
}
