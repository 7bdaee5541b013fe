//! `cpan-sigstore trust`.

mod accept;
pub mod explain;
mod store;

use clap::Subcommand;
use cpan_sigstore_core::finding::Exit;

use crate::{error::CommandError, session::Session};

/// Explain, accept, list, move and forget trusted identities.
#[derive(Subcommand, Debug)]
#[command(after_help = "Examples:\n  cpan-sigstore trust explain TIMLEGGE\n  \
    cpan-sigstore trust list\n  \
    cpan-sigstore trust export > trust.json")]
pub enum TrustCommand {
    Explain(Box<explain::ExplainArgs>),
    Accept(Box<accept::AcceptArgs>),
    List(store::ListArgs),
    Forget(store::ForgetArgs),
    Export(store::ExportArgs),
    Import(store::ImportArgs),
}

/// Runs the subcommand.
pub fn run(command: &TrustCommand, session: &Session<'_>) -> Result<Exit, CommandError> {
    match command {
        TrustCommand::Explain(args) => explain::run(args, session),
        TrustCommand::Accept(args) => accept::run(args, session),
        TrustCommand::List(args) => store::list(args, session),
        TrustCommand::Forget(args) => store::forget(args, session),
        TrustCommand::Export(args) => store::export(args, session),
        TrustCommand::Import(args) => store::import(args, session),
    }
}
