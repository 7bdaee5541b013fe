//! `cpan-sigstore index diff`.

use std::path::PathBuf;

use clap::Args;
use cpan_sigstore_core::finding::Exit;
use cpan_sigstore_records::author_index::{Difference, Override, difference};
use cpan_sigstore_registry::assemble;

use super::IndexFailure;
use crate::{failure::Failure, terminal::Terminal};

/// Say what is another from one index to a later one. Nothing of them is verified.
#[derive(Args, Debug)]
pub struct DiffArgs {
    /// The earlier index
    #[arg(value_name = "A")]
    before: PathBuf,
    /// The later one
    #[arg(value_name = "B")]
    after: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &DiffArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let before = assemble::read(&args.before).map_err(IndexFailure::from)?;
    let after = assemble::read(&args.after).map_err(IndexFailure::from)?;
    let difference = difference(&before, &after).map_err(IndexFailure::from)?;
    if args.json {
        terminal.json(&difference);
        return Ok(Exit::Success);
    }
    if after.number() == before.number() + 1 && after.previous() != Some(before.digest()) {
        terminal.warning(&format!(
            "{} does not name {} as the index before it",
            args.after.display(),
            args.before.display()
        ));
    }
    terminal.line(&format!("number {} to {}", before.number(), after.number()));
    print(&difference, terminal);
    Ok(Exit::Success)
}

/// Prints what is another.
pub fn print(difference: &Difference, terminal: &Terminal) {
    for author in &difference.authors {
        terminal.line(&author.to_string());
        for change in &author.changes {
            terminal.line(&format!("  {change}"));
        }
    }
    let told = |one: &Override| {
        format!(
            "version {} of {} ({}), from {} on: {}",
            one.version, one.author, one.record, one.effective, one.reason
        )
    };
    for one in &difference.announced {
        terminal.line(&format!("override announced: {}", told(one)));
    }
    for one in &difference.withdrawn {
        terminal.line(&format!("override withdrawn: {}", told(one)));
    }
    if difference.is_empty() {
        terminal.line("nothing is another");
    }
}
