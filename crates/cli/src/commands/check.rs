//! `cpan-sigstore check`.

use std::path::{Path, PathBuf};

use clap::Args;
use cpan_sigstore_archive::{
    Destination,
    fix::{FixError, fix, is_fixable},
    preflight_file,
};
use cpan_sigstore_core::{
    finding::Exit,
    release::{PauseId, Subdirectory},
};

use crate::{failure::Failure, preflight_report, terminal::Terminal};

/// Look at a release before it is signed: what PAUSE would change or drop, and what clients refuse.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  cpan-sigstore check Foo-Bar-1.02.tar.gz\n  \
    cpan-sigstore check --fix Foo-Bar-1.02.tar.gz\n\n\
    Exit codes: 0 fit (there may be warnings), 1 failed, 2 usage,\n  \
    14 unfit, or another release than its name says"
)]
pub struct CheckArgs {
    /// The archives
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Repack what is safe to: permissions of members, and bytes after the end
    #[arg(long)]
    fix: bool,
    /// The PAUSE id it will be uploaded with
    #[arg(long, value_name = "ID")]
    author: Option<PauseId>,
    /// The folder below the author's that it will be uploaded to
    #[arg(long, value_name = "DIR")]
    subdirectory: Option<Subdirectory>,
    /// Print one JSON object for each file
    #[arg(long)]
    json: bool,
}

/// Runs the command: every file, whatever was found of those before it. The worst decides how it ends.
pub fn run(args: &CheckArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let destination = Destination {
        author: args.author.clone(),
        subdirectory: args.subdirectory.clone(),
    };
    let mut worst = Exit::Success;
    for file in &args.files {
        let exit = check(args, file, &destination, terminal).unwrap_or_else(|failure| {
            terminal.failure(&failure);
            failure.exit()
        });
        if exit as u8 > worst as u8 {
            worst = exit;
        }
    }
    Ok(worst)
}

fn check(
    args: &CheckArgs,
    file: &Path,
    destination: &Destination,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let look = || preflight_file(file, destination).map_err(Failure::read(file));
    let mut found = look()?;
    let mut fixed = None;
    if args.fix && found.defects.iter().any(|defect| is_fixable(defect.code)) {
        fixed = match fix(file) {
            // Why it cannot be read is among the defects.
            Err(FixError::Unreadable { .. }) => None,
            result => result?,
        };
        if fixed.is_some() {
            found = look()?;
        } else {
            terminal.warning("nothing was repaired: only tar archives are, and only those that can be read to their end");
        }
    }
    preflight_report::print(
        &file.display().to_string(),
        &found,
        fixed.as_ref(),
        terminal,
        args.json,
    );
    Ok(preflight_report::exit(&found))
}
