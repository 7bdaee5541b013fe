//! `cpan-sigstore check`.

use std::path::{Path, PathBuf};

use clap::Args;
use cpan_sigstore_archive::{
    Destination,
    fix::{FixError, fix},
    preflight_file,
};
use cpan_sigstore_core::{
    finding::Exit,
    release::{PauseId, Subdirectory},
    text::shown_path,
};

use crate::{
    error::CommandError,
    session::Session,
    ui::{Terminal, preflight},
};

/// Check an archive before you sign it.
///
/// It lists the defects for which PAUSE would change or drop the archive, or clients would reject it.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  cpan-sigstore check Foo-Bar-1.02.tar.gz\n  \
    cpan-sigstore check --fix Foo-Bar-1.02.tar.gz\n\n\
    Exit codes: 0 fit (there may be warnings), 1 failed, 2 usage,\n  \
    14 unfit, or another release than its name says"
)]
pub struct CheckArgs {
    /// Archives
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Repair safe defects: permissions of members, and bytes after the end
    #[arg(long)]
    fix: bool,
    /// PAUSE id of the upload
    #[arg(long, value_name = "ID")]
    author: Option<PauseId>,
    /// Directory of the upload, below the author's
    #[arg(long, value_name = "DIR")]
    subdirectory: Option<Subdirectory>,
    /// Print one JSON object for each file
    #[arg(long)]
    json: bool,
}

/// Runs the command on every file. The worst result is the exit code.
pub fn run(args: &CheckArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let terminal = session.terminal();
    let destination = Destination {
        author: args.author.clone(),
        subdirectory: args.subdirectory.clone(),
    };
    let mut worst = Exit::Success;
    for file in &args.files {
        let exit = check(args, file, &destination, terminal).unwrap_or_else(|error| {
            terminal.error(&error, error.hints());
            error.exit()
        });
        worst = worst.max(exit);
    }
    Ok(worst)
}

fn check(
    args: &CheckArgs,
    file: &Path,
    destination: &Destination,
    terminal: &Terminal,
) -> Result<Exit, CommandError> {
    let look = || preflight_file(file, destination).map_err(CommandError::read(file));
    let mut found = look()?;
    let mut fixed = None;
    if args.fix && !found.defects.is_empty() {
        if found.defects.iter().any(|defect| defect.fixable) {
            fixed = match fix(file) {
                // The reason is among the defects.
                Err(FixError::Unreadable { .. }) => None,
                result => result?,
            };
        }
        if fixed.is_some() {
            found = look()?;
        } else {
            terminal.warning(
                "nothing was repaired: only tar archives that can be read to the end are repaired",
            );
        }
    }
    preflight::print(
        &shown_path(file),
        &found,
        fixed.as_ref(),
        terminal,
        args.json,
    );
    Ok(preflight::exit(&found))
}
