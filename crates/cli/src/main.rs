//! `cpan-sigstore`: sign, verify and inspect releases of CPAN with Sigstore.
//!
//! One file per subcommand under `commands/`: its arguments, whose doc comments are the help, and
//! its function. This program holds no logic of its own: what a signature means is decided in the
//! crates below it.

mod author_records;
mod bundle_file;
mod commands;
mod consent;
mod failure;
mod folders;
mod gate_args;
mod identity_args;
mod instance_args;
mod log;
mod login_args;
mod mirror_args;
mod pause_args;
mod preflight_report;
mod progress;
mod publishing;
mod report;
#[cfg_attr(not(unix), path = "signals_elsewhere.rs")]
mod signals;
mod signing;
mod terminal;
mod verdict_text;

use std::process::ExitCode;

use clap::Parser;

use crate::{commands::Command, terminal::Terminal};

/// Sign releases of CPAN with Sigstore, upload them, and verify who signed them.
///
/// A signature says who made these bytes, without a key that anybody has to keep: the author logs in,
/// gets a certificate for a few minutes, and the signature is written into a public log.
#[derive(Parser)]
#[command(
    name = "cpan-sigstore",
    version,
    max_term_width = 100,
    arg_required_else_help = true,
    after_help = "Exit codes: 0 allowed, 1 failed, 2 usage, 3 try again later, 10 unsigned, \
        11 signature invalid, 12 signed by somebody else, 13 signed before and not now, 14 unfit archive"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Say what is done, on standard error; -vv says more, -vvv all. Passwords and tokens are never said
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    log::begin(arguments.verbose);
    let terminal = Terminal::new();
    let exit = match arguments.command.run(&terminal) {
        Ok(exit) => exit,
        Err(failure) => {
            terminal.failure(&failure);
            failure.exit() as u8
        }
    };
    ExitCode::from(exit)
}
