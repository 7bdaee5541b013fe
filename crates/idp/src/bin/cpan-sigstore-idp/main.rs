//! An OpenID provider beside PAUSE.

use std::{path::PathBuf, process::ExitCode};

use clap::Parser;

/// Issue ID tokens for PAUSE ids.
#[derive(Parser)]
#[command(version)]
struct Cli {
    /// Settings (TOML)
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    eprintln!(
        "cpan-sigstore-idp: cannot serve {}: not built yet",
        cli.config.display()
    );
    ExitCode::FAILURE
}
