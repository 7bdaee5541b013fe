//! The program `cpan-sigstore`: sign, verify and inspect releases of CPAN with Sigstore.
//!
//! One file per subcommand under `commands/`: its arguments, whose doc comments are the help, and
//! its function. This program holds no logic of its own: what a signature means is decided in the
//! crates below it.

mod author_records;
mod bundle_file;
mod clock;
mod command_line;
mod commands;
mod credentials;
mod error;
mod flags;
mod folders;
mod help;
mod identity_token;
mod log;
mod publishing;
mod session;
#[cfg_attr(not(unix), path = "signals_elsewhere.rs")]
mod signals;
mod signing;
mod trusted_publishing;
mod ui;

use std::process::ExitCode;

use clap::{
    CommandFactory, Parser,
    error::{ContextKind, ContextValue, ErrorKind},
};

use cpan_sigstore_core::finding::Exit;

use crate::{
    command_line::HintCheck, commands::Command, error::CommandError, session::Session, ui::Terminal,
};

/// Sign CPAN releases with Sigstore, upload and verify them.
///
/// A signature proves who made these bytes, without a key to keep: the author logs in, gets a certificate
/// for a few minutes, and the signature is added to a public log.
#[derive(Parser)]
#[command(
    name = "cpan-sigstore",
    version = concat!(env!("CARGO_PKG_VERSION"), env!("VERSION_SUFFIX")),
    max_term_width = 100,
    arg_required_else_help = true,
    after_help = "Examples:\n  cpan-sigstore release --wait Foo-Bar-1.02.tar.gz\n  \
        cpan-sigstore verify TIMLEGGE/Foo-Bar-1.02.tar.gz\n  \
        cpan-sigstore exec -- cpanm Foo::Bar\n\n\
        Exit codes: 0 allowed, 1 failed, 2 usage, 3 try again later, 10 unsigned,\n  \
        11 signature invalid, 12 signed by somebody else, 13 signed before and not now,\n  \
        14 unfit archive, 15 not what the log has"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Log to standard error; -vv logs more, -vvv all. Passwords and tokens are never logged
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
}

/// Runs the command that the arguments of the process name, and returns the exit code.
pub fn run() -> ExitCode {
    let terminal = Terminal::new();
    let arguments: Arguments = match command_line::parse(command_line()) {
        Ok(arguments) => arguments,
        Err(error) => return ExitCode::from(no_command(&error, &terminal)),
    };
    log::begin(arguments.verbose);
    if cfg!(debug_assertions) {
        terminal.check_hints(HintCheck::of_process::<Arguments>());
    }
    let session = Session::new(&terminal);
    let ran = arguments.command.run(&session);
    session.end();
    let exit = match ran {
        Ok(exit) => written(exit, &terminal),
        Err(error) => {
            terminal.error(&error, error.hints());
            error.exit() as u8
        }
    };
    ExitCode::from(exit)
}

/// Returns the commands and flags of the program.
pub fn command_line() -> clap::Command {
    help::grouped(Arguments::command())
}

/// Prints help, the version, or the mistake in a command line, and returns the exit code.
fn no_command(error: &clap::Error, terminal: &Terminal) -> u8 {
    let exit = u8::try_from(error.exit_code()).unwrap_or(Exit::Usage as u8);
    if let Err(source) = error.print() {
        terminal.note_failure(source);
    }
    if let Some(client) = client_without_separator(error) {
        terminal.hint(&format!(
            "put `--` before the client: `cpan-sigstore exec -- {client} …`"
        ));
    }
    written(exit, terminal)
}

/// The client in a command line of `exec` in which the `--` before it is missing.
fn client_without_separator(error: &clap::Error) -> Option<&str> {
    let is_exec = std::env::args_os().any(|argument| argument == "exec");
    if !is_exec || error.kind() != ErrorKind::UnknownArgument {
        return None;
    }
    match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(argument)) if !argument.starts_with('-') => Some(argument),
        _ => None,
    }
}

/// The exit code of a command whose result was written; a result that nobody can read is no success.
fn written(exit: u8, terminal: &Terminal) -> u8 {
    terminal.flush();
    let Some(source) = terminal.take_failure() else {
        return exit;
    };
    // A reader that went away wants no more text.
    let is_gone = source.kind() == std::io::ErrorKind::BrokenPipe;
    let error = CommandError::system("cannot write the result to standard output", source);
    if !is_gone {
        terminal.error(&error, error.hints());
    }
    match exit {
        0 => error.exit() as u8,
        exit => exit,
    }
}
