//! `cpan-sigstore author check`.

use std::path::PathBuf;

use clap::Args;
use cpan_sigstore_core::{finding::Exit, release::PauseId};
use cpan_sigstore_gate::RecordFile;
use serde::Serialize;

use super::{files, show::LookingArgs};
use crate::{
    author_records::Found,
    bundle_file,
    error::CommandError,
    session::Session,
    ui::{Terminal, Tone},
};

/// Check that all records of an author are valid.
///
/// It reads the author's directory on a CPAN, or local files, and reports each record that is not accepted.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  cpan-sigstore author check TIMLEGGE\n  \
    cpan-sigstore author check TIMLEGGE-sigstore-identities-*.json\n\n\
    Exit codes: 0 all are accepted, 1 failed, 2 usage, 3 try again later, 10 there is none,\n  \
    11 one is no signed record, 12 one is not the author's, or contradicts the trust store")]
pub struct CheckArgs {
    /// PAUSE id of the author; or record files, each with its bundle beside it
    #[arg(required = true, value_name = "AUTHOR|FILE")]
    what: Vec<PathBuf>,
    #[command(flatten)]
    looking: LookingArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// The result for machines.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Checked<'a> {
    author: &'a PauseId,
    version: u32,
    files: usize,
    missing: bool,
    disputed: Vec<String>,
    exit: u8,
}

/// Runs the subcommand.
pub fn run(args: &CheckArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let terminal = session.terminal();
    let (found, missing) = match author(&args.what) {
        Some(author) => {
            let found = args.looking.look(&author, session)?;
            let missing = is_missing(&found);
            (found, missing)
        }
        None => {
            let (author, files) = read(&args.what)?;
            (args.looking.look_at(&author, &files, session)?, false)
        }
    };
    let exit = exit(&found, missing);
    let checked = Checked {
        author: found.history.author(),
        version: found.history.version(),
        files: found.files,
        missing,
        disputed: found.disputed(),
        exit: exit as u8,
    };
    if args.json {
        terminal.json(&checked);
    } else {
        print(&checked, exit, terminal);
    }
    Ok(exit)
}

/// The author, if the argument is no file: the name of a record has a dot, and a PAUSE id has none.
fn author(what: &[PathBuf]) -> Option<PauseId> {
    match what {
        [one] => one.to_str()?.parse().ok(),
        _ => None,
    }
}

/// Records of one author, in files.
fn read(paths: &[PathBuf]) -> Result<(PauseId, Vec<RecordFile>), CommandError> {
    let mut of = None;
    let mut files = Vec::new();
    // The shell's `*` names the bundles, too.
    for path in paths.iter().filter(|path| !bundle_file::is_one(path)) {
        let (name, file) = files::read(path)?;
        if of.get_or_insert_with(|| name.author.clone()) != &name.author {
            return Err(CommandError::usage(
                "invalid files: expected records of one author, found several".to_owned(),
            ));
        }
        files.push(file);
    }
    let author = of.ok_or_else(|| {
        CommandError::usage("invalid files: expected records, found only bundles".into())
    })?;
    Ok((author, files))
}

/// Whether the CPAN lacks known records.
fn is_missing(found: &Found) -> bool {
    let versions = usize::try_from(found.history.version()).unwrap_or(usize::MAX);
    found.files < versions
}

fn exit(found: &Found, missing: bool) -> Exit {
    if found.results.iter().any(|it| !it.outcome.is_in_chain()) {
        Exit::IdentityMismatch
    } else if !found.refused.is_empty() {
        Exit::SignatureInvalid
    } else if found.files == 0 || missing {
        Exit::Unsigned
    } else {
        Exit::Success
    }
}

fn print(checked: &Checked<'_>, exit: Exit, terminal: &Terminal) {
    let author = checked.author.as_str();
    match exit {
        Exit::Success => {
            let line = format!(
                "all records are accepted, up to version {}",
                checked.version
            );
            terminal.headline(Tone::Good, author, &line);
        }
        Exit::Unsigned if checked.files == 0 && checked.version == 0 => {
            terminal.headline(Tone::Careful, author, "no record");
            terminal.hint("ask the author to publish a record with `cpan-sigstore author enroll`");
        }
        _ => terminal.headline(Tone::Bad, author, "some records are not accepted"),
    }
    if checked.missing {
        let expected = format!("{} records", checked.version);
        terminal.field("expected", &expected);
        terminal.field("found", &format!("{} on the CPAN", checked.files));
    }
    for disputed in &checked.disputed {
        terminal.warning(&format!("not accepted: {disputed}"));
    }
    if checked.missing || !checked.disputed.is_empty() {
        terminal.hint(
            "if this is your directory, change your PAUSE password, and restore your own files with `cpan-sigstore author upload FILE`",
        );
    }
}
