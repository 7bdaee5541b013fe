//! An OpenID provider beside PAUSE: `serve`, and what its operator needs beside it.

mod accounts;
mod audit;
mod failure;
mod keys;
mod serve;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use cpan_sigstore_idp::config::Config;

use failure::Failure;

/// Issue ID tokens for PAUSE ids.
///
/// Runs beside PAUSE, reads its tables or a file, and serves plain HTTP to a reverse proxy.
#[derive(Parser)]
#[command(
    version,
    after_help = "Examples:\n  \
        cpan-sigstore-idp check --config idp.toml\n  \
        cpan-sigstore-idp serve --config idp.toml\n  \
        cpan-sigstore-idp audit ANDREA --config idp.toml\n  \
        cpan-sigstore-idp hash-password <password.txt"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Args)]
struct ConfigArgs {
    /// File with the settings (TOML)
    #[arg(
        long,
        value_name = "FILE",
        default_value = "/etc/cpan-sigstore-idp/config.toml"
    )]
    config: PathBuf,
}

#[derive(Subcommand)]
enum Command {
    /// Serve until a signal ends it
    ///
    /// SIGTERM and SIGINT end it after the requests that have begun. Keys rotate by themselves.
    Serve(ConfigArgs),
    /// Check settings, keys, accounts and state
    Check(ConfigArgs),
    /// List the keys, or replace them after a theft
    Keys(keys::KeysArgs),
    /// Show the last attempts to log in
    Audit(audit::AuditArgs),
    /// Hash the password on standard input, for a file of accounts
    HashPassword,
    /// Create a token that signs, for a file of accounts
    NewToken(accounts::TokenArgs),
}

impl ConfigArgs {
    fn read(&self) -> Result<Config, Failure> {
        Ok(Config::read(&self.config)?)
    }
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Serve(args) => args.read().and_then(serve::run),
        Command::Check(args) => args.read().and_then(serve::check),
        Command::Keys(args) => keys::run(&args),
        Command::Audit(args) => audit::run(&args),
        Command::HashPassword => accounts::hash_password(),
        Command::NewToken(args) => accounts::new_token(&args),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("cpan-sigstore-idp: {failure}");
            ExitCode::FAILURE
        }
    }
}
