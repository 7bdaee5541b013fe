//! The subcommands.

mod inspect;
mod instance;
mod verify;

use clap::Subcommand;
use cpan_sigstore_core::finding::Exit;

use crate::{failure::Failure, terminal::Terminal};

#[derive(Subcommand)]
pub enum Command {
    Verify(verify::VerifyArgs),
    Inspect(inspect::InspectArgs),
    #[command(subcommand)]
    Instance(instance::InstanceCommand),
}

impl Command {
    /// Runs the subcommand.
    pub fn run(&self, terminal: &Terminal) -> Result<Exit, Failure> {
        match self {
            Self::Verify(args) => verify::run(args, terminal),
            Self::Inspect(args) => inspect::run(args, terminal),
            Self::Instance(command) => instance::run(command, terminal),
        }
    }
}
