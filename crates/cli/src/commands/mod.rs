//! The subcommands.

mod author;
mod check;
mod conformance;
mod env;
mod exec;
mod index;
mod inspect;
mod instance;
mod memory;
mod mirror;
mod policy;
mod release;
mod sign;
mod trust;
mod upload;
mod verify;
mod watch;

pub use author::AuthorError;
pub use index::IndexFailure;

use clap::Subcommand;

use crate::{failure::Failure, terminal::Terminal};

#[derive(Subcommand)]
pub enum Command {
    Release(Box<release::ReleaseArgs>),
    #[command(subcommand)]
    Author(author::AuthorCommand),
    Sign(sign::SignArgs),
    Upload(upload::UploadArgs),
    Verify(Box<verify::VerifyArgs>),
    Inspect(inspect::InspectArgs),
    Check(check::CheckArgs),
    Exec(Box<exec::ExecArgs>),
    Mirror(Box<mirror::MirrorCommand>),
    Env(env::EnvArgs),
    Watch(Box<watch::WatchArgs>),
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    #[command(subcommand)]
    Index(index::IndexCommand),
    #[command(subcommand)]
    Trust(trust::TrustCommand),
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
    /// Runs the subcommand, and gives the code to end with.
    pub fn run(&self, terminal: &Terminal) -> Result<u8, Failure> {
        let exit = match self {
            Self::Release(args) => release::run(args, terminal),
            Self::Index(command) => index::run(command, terminal),
            Self::Author(command) => author::run(command, terminal),
            Self::Upload(args) => upload::run(args, terminal),
            Self::Sign(args) => sign::run(args, terminal),
            Self::Verify(args) => verify::run(args, terminal),
            Self::Inspect(args) => inspect::run(args, terminal),
            Self::Check(args) => check::run(args, terminal),
            Self::Exec(args) => return exec::run(args, terminal),
            Self::Mirror(args) => mirror::run(args, terminal),
            Self::Env(args) => env::run(args, terminal),
            Self::Watch(args) => watch::run(args, terminal),
            Self::Policy(command) => policy::run(command, terminal),
            Self::Trust(command) => trust::run(command, terminal),
            Self::Memory(command) => memory::run(command, terminal),
            Self::Instance(command) => instance::run(command, terminal),
            Self::SignBundle(args) => conformance::sign(args, terminal),
            Self::VerifyBundle(args) => conformance::verify(args, terminal),
        }?;
        Ok(exit as u8)
    }
}
