//! The subcommands.

mod author;
mod backlog;
mod check;
mod conformance;
mod env;
mod exec;
mod gate;
mod index;
mod inspect;
mod instance;
mod log;
mod mirror;
mod policy;
mod release;
mod sign;
mod trust;
mod upload;
mod verify;
mod watch;

pub use log::read_policy as read_log_policy;

use clap::Subcommand;

use crate::{error::CommandError, session::Session};

#[derive(Subcommand)]
pub enum Command {
    Release(Box<release::ReleaseArgs>),
    Backlog(Box<backlog::BacklogArgs>),
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
    Gate(Box<gate::GateCommand>),
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    #[command(subcommand)]
    Index(index::IndexCommand),
    #[command(subcommand)]
    Log(log::LogCommand),
    #[command(subcommand)]
    Trust(trust::TrustCommand),
    #[command(subcommand)]
    Instance(instance::InstanceCommand),
    #[command(hide = true)]
    SignBundle(conformance::SignBundleArgs),
    #[command(hide = true)]
    VerifyBundle(conformance::VerifyBundleArgs),
}

impl Command {
    /// Runs the subcommand, and gives the code to end with.
    pub fn run(&self, session: &Session<'_>) -> Result<u8, CommandError> {
        let exit = match self {
            Self::Release(args) => release::run(args, session),
            Self::Backlog(args) => backlog::run(args, session),
            Self::Index(command) => index::run(command, session),
            Self::Log(command) => log::run(command, session),
            Self::Author(command) => author::run(command, session),
            Self::Upload(args) => upload::run(args, session),
            Self::Sign(args) => sign::run(args, session),
            Self::Verify(args) => verify::run(args, session),
            Self::Inspect(args) => inspect::run(args, session),
            Self::Check(args) => check::run(args, session),
            Self::Exec(args) => return exec::run(args, session),
            Self::Mirror(args) => mirror::run(args, session),
            Self::Env(args) => env::run(args, session),
            Self::Watch(args) => watch::run(args, session),
            Self::Gate(args) => gate::run(args, session),
            Self::Policy(command) => policy::run(command, session),
            Self::Trust(command) => trust::run(command, session),
            Self::Instance(command) => instance::run(command, session),
            Self::SignBundle(args) => conformance::sign(args, session),
            Self::VerifyBundle(args) => conformance::verify(args, session),
        }?;
        Ok(exit as u8)
    }
}
