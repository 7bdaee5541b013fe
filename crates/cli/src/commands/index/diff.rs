//! `cpan-sigstore index diff`.

use std::path::PathBuf;

use clap::Args;
use cpan_sigstore_core::{
    finding::Exit,
    text::{count, shown_path},
};
use cpan_sigstore_records::author_index::{Difference, Override, OwnerChange, difference};
use cpan_sigstore_registry::assemble;

use crate::{error::CommandError, session::Session, ui::Terminal};

/// Show the changes between two author indexes, unverified.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  cpan-sigstore index diff old.json index.json")]
pub struct DiffArgs {
    /// Earlier index
    #[arg(value_name = "A")]
    before: PathBuf,
    /// Later index
    #[arg(value_name = "B")]
    after: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &DiffArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let terminal = session.terminal();
    let before = assemble::read(&args.before)?;
    let after = assemble::read(&args.after)?;
    let difference = difference(&before, &after)?;
    if args.json {
        terminal.json(&difference);
        return Ok(Exit::Success);
    }
    if after.number() == before.number() + 1 && after.previous() != Some(before.digest()) {
        terminal.warning(&format!(
            "{} does not name {} as its predecessor",
            shown_path(&args.after),
            shown_path(&args.before)
        ));
    }
    terminal.line(&format!("number {} to {}", before.number(), after.number()));
    print(&difference, terminal);
    Ok(Exit::Success)
}

/// Changes of owners that the text for people lists.
const OWNERS_SHOWN: usize = 100;

/// Prints the changes. Those of owners come first: the operator's signature makes them binding.
pub fn print(difference: &Difference, terminal: &Terminal) {
    print_owners(&difference.owners, terminal);
    for transfer in &difference.transfers {
        terminal.line(&format!("transfer announced: {transfer}"));
    }
    for transfer in &difference.withdrawn_transfers {
        terminal.line(&format!("transfer withdrawn: {transfer}"));
    }
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
    if difference.new_packages > 0 {
        terminal.line(&count(difference.new_packages, "new package"));
    }
    if difference.is_empty() {
        terminal.line("no changes");
    }
}

/// Prints packages with other authors.
pub fn print_owners(changes: &[OwnerChange], terminal: &Terminal) {
    for change in changes.iter().take(OWNERS_SHOWN) {
        let what = if change.has_other_owner() {
            "owner"
        } else {
            "co-maintainers"
        };
        terminal.line(&format!("{what} of {change}"));
    }
    if let Some(more) = changes
        .len()
        .checked_sub(OWNERS_SHOWN)
        .filter(|more| *more > 0)
    {
        terminal.line(&format!(
            "{} with other authors",
            count(more, "more package")
        ));
    }
}
