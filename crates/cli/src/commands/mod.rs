//! The subcommands.

mod check;
mod conformance;
mod inspect;
mod instance;
mod memory;
mod policy;
mod release;
mod sign;
mod upload;
mod verify;

use clap::Subcommand;
use cpan_sigstore_core::finding::Exit;

use crate::{failure::Failure, terminal::Terminal};

#[derive(Subcommand)]
pub enum Command {
    Release(Box<release::ReleaseArgs>),
    Sign(sign::SignArgs),
    Upload(upload::UploadArgs),
    Verify(Box<verify::VerifyArgs>),
    Inspect(inspect::InspectArgs),
    Check(check::CheckArgs),
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    #[command(subcommand)]
    Memory(memory::MemoryCommand),
    #[command(subcommand)]
    Instance(instance::InstanceCommand),
    #[command(hide = true)]
    SignBundle(conformance::SignBundleArgs),
    #[command(hide = true)]
    VerifyBundle(conformance::VerifyBundleArgs),
}

impl Command {
    /// Runs the subcommand.
    pub fn run(&self, terminal: &Terminal) -> Result<Exit, Failure> {
        match self {
            Self::Release(args) => release::run(args, terminal),
            Self::Upload(args) => upload::run(args, terminal),
            Self::Sign(args) => sign::run(args, terminal),
            Self::Verify(args) => verify::run(args, terminal),
            Self::Inspect(args) => inspect::run(args, terminal),
            Self::Check(args) => check::run(args, terminal),
            Self::Policy(command) => policy::run(command, terminal),
            Self::Memory(command) => memory::run(command, terminal),
            Self::Instance(command) => instance::run(command, terminal),
            Self::SignBundle(args) => conformance::sign(args, terminal),
            Self::VerifyBundle(args) => conformance::verify(args, terminal),
        }
    }
}
