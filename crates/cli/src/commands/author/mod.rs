//! `cpan-sigstore author`: author records.

mod add;
mod check;
mod enroll;
mod files;
mod hand_over;
mod kind;
mod make;
mod next;
mod publish;
mod recover;
mod recovery_key;
mod refusal;
mod require_signed;
mod retire;
mod show;
mod stated;
mod trusted_publisher;
mod upload;

use clap::Subcommand;
use cpan_sigstore_core::finding::Exit;

use crate::{error::CommandError, session::Session};

/// Publish author records, and register CI workflows.
///
/// An author record lists the identities that may sign an author's releases. One of them signs it, and an
/// identity of the version before signs each later version. Nobody can change it with your PAUSE password alone.
#[derive(Subcommand, Debug)]
#[command(after_help = "Examples:\n  cpan-sigstore author enroll\n  \
    cpan-sigstore author add --workflow tim/Foo-Bar/.github/workflows/release.yml\n  \
    cpan-sigstore author retire tim@old.example.org --compromised-since 2026-06-01T00:00:00Z\n  \
    cpan-sigstore author show TIMLEGGE")]
pub enum AuthorCommand {
    Enroll(Box<enroll::EnrollArgs>),
    Add(Box<add::AddArgs>),
    Retire(Box<retire::RetireArgs>),
    RequireSigned(Box<require_signed::RequireSignedArgs>),
    HandOver(Box<hand_over::HandOverArgs>),
    Recover(Box<recover::RecoverArgs>),
    #[command(subcommand)]
    RecoveryKey(recovery_key::RecoveryKeyCommand),
    Upload(Box<upload::UploadArgs>),
    Show(Box<show::ShowArgs>),
    Check(Box<check::CheckArgs>),
    #[command(subcommand)]
    TrustedPublisher(trusted_publisher::TrustedPublisherCommand),
}

/// Runs the subcommand.
pub fn run(command: &AuthorCommand, session: &Session<'_>) -> Result<Exit, CommandError> {
    match command {
        AuthorCommand::Enroll(args) => enroll::run(args, session),
        AuthorCommand::Add(args) => add::run(args, session),
        AuthorCommand::Retire(args) => retire::run(args, session),
        AuthorCommand::RequireSigned(args) => require_signed::run(args, session),
        AuthorCommand::HandOver(args) => hand_over::run(args, session),
        AuthorCommand::Recover(args) => recover::run(args, session),
        AuthorCommand::RecoveryKey(command) => recovery_key::run(command, session),
        AuthorCommand::Upload(args) => upload::run(args, session),
        AuthorCommand::Show(args) => show::run(args, session),
        AuthorCommand::Check(args) => check::run(args, session),
        AuthorCommand::TrustedPublisher(command) => trusted_publisher::run(command, session),
    }
}
