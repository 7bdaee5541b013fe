//! `cpan-sigstore log audit`.

use std::path::{Path, PathBuf};

use clap::Args;
use cpan_sigstore_core::finding::Exit;
use cpan_sigstore_files::{read_limited, write_atomic};
use cpan_sigstore_ledger::{
    Unread,
    audit::{Audit, AuditFolder, Auditor, Counts, Difference},
    reader::LogReader,
};
use cpan_sigstore_tlog::{checkpoint::VerifiedCheckpoint, note::NOTE_LIMIT, policy::LogPolicy};
use serde::Serialize;

use super::{TrustedLogArgs, now, open_cpan, print_unread, shown_time};
use crate::{
    error::CommandError,
    session::Session,
    ui::{Terminal, Tone},
};

/// Replay a log and check every rule.
///
/// An archive path has one digest for ever, times never decrease, and leaves and tiles have the root that was signed.
/// With a remembered checkpoint, the log has to continue it. With a CPAN, every file is compared with the log. With a
/// folder for the state, the next audit fetches only new leaves and tiles, and hashes all leaves again.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  cpan-sigstore log audit --log https://cpan.example/log/ --log-policy policy.txt \\\n    \
    --state audit --cpan /srv/CPAN\n\n\
    Exit codes: 0 no fault, 1 failed or not all files read, 2 usage, 15 a fault, or a file that is not the logged one"
)]
pub struct AuditArgs {
    /// Log: a folder, or an address
    #[arg(long, value_name = "DIR|URL")]
    log: String,
    #[command(flatten)]
    trusted: TrustedLogArgs,
    /// CPAN to compare: a folder, or an address [default: none]
    #[arg(long, value_name = "DIR|URL")]
    cpan: Option<String>,
    /// Folder that keeps leaves and the newest checkpoint, so that the next audit is incremental
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// File that keeps the newest checkpoint from audit to audit
    #[arg(long, value_name = "FILE")]
    remember: Option<PathBuf>,
    /// Checkpoint from elsewhere that the log has to continue
    #[arg(long, value_name = "FILE")]
    known: Vec<PathBuf>,
    /// Print one JSON object on a line for each fault and difference, and one at the end
    #[arg(long)]
    json: bool,
}

/// A fault or difference, for machines.
#[derive(Serialize)]
struct Line<'a> {
    code: &'a str,
    text: &'a str,
}

/// The end of the report, for machines.
#[derive(Serialize)]
struct Summary<'a> {
    origin: &'a str,
    size: u64,
    /// Leaves that no sound audit had before.
    new: u64,
    root: String,
    newest: u64,
    paths: &'a Counts,
    faults: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    compared: Option<Compared>,
}

/// The comparison with a CPAN.
#[derive(Default, Serialize)]
struct Compared {
    files: u64,
    unlogged: u64,
    changed: u64,
    absent: u64,
    unread: Vec<Unread>,
}

/// Runs the command.
pub fn run(args: &AuditArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let (terminal, runtime) = (session.terminal(), session.runtime()?);
    let policy = args.trusted.policy()?;
    let log = LogReader::at(&args.log)?;
    let cpan = args.cpan.as_deref().map(open_cpan).transpose()?;
    let mut known = Vec::new();
    for path in &args.known {
        let missing = || CommandError::read(path)(cpan_sigstore_files::no_such_file());
        known.push(read_checkpoint(path, &policy)?.ok_or_else(missing)?);
    }
    if let Some(path) = &args.remember {
        known.extend(read_checkpoint(path, &policy)?);
    }
    let folder = args.state.as_ref().map(AuditFolder::at);
    let auditor = Auditor {
        log: &log,
        policy: &policy,
        known: &known,
        folder: folder.as_ref(),
        select: &|_| false,
        now: now(),
    };
    let audited = runtime.block_on(auditor.run())?;
    for fault in &audited.faults {
        let text = fault.to_string();
        report(args.json, terminal, (fault.code(), &text), Tone::Bad);
    }
    let mut compared = None;
    if let Some(cpan) = &cpan {
        let mut counts = Compared::default();
        let compare = audited.compare(cpan, |difference| {
            note(&difference, &mut counts);
            let tone = match difference {
                Difference::Changed { .. } => Tone::Bad,
                _ => Tone::Careful,
            };
            let text = shown(&difference);
            report(args.json, terminal, (difference.code(), &text), tone);
        });
        let comparison = runtime.block_on(compare)?;
        (counts.files, counts.unread) = (comparison.read, comparison.unread);
        if !args.json {
            print_unread(&counts.unread, terminal);
        }
        compared = Some(counts);
    }
    let is_changed = compared
        .as_ref()
        .is_some_and(|compared| compared.changed > 0);
    let is_whole = compared
        .as_ref()
        .is_none_or(|compared| compared.unread.is_empty());
    let is_sound = audited.faults.is_empty();
    if let Some(path) = args.remember.as_ref().filter(|_| is_sound) {
        let text = audited.checkpoint.note().to_string();
        write_atomic(path, text.as_bytes()).map_err(CommandError::write(path))?;
    }
    summarize(args, terminal, &audited, compared);
    Ok(match (is_sound && !is_changed, is_whole) {
        (false, _) => Exit::Log,
        (true, false) => Exit::Failed,
        (true, true) => Exit::Success,
    })
}

fn read_checkpoint(
    path: &Path,
    policy: &LogPolicy,
) -> Result<Option<VerifiedCheckpoint>, CommandError> {
    let bytes = read_limited(path, NOTE_LIMIT as u64).map_err(CommandError::read(path))?;
    Ok(bytes.map(|bytes| policy.verify(&bytes)).transpose()?)
}

/// Prints a fault or a difference.
pub fn report(json: bool, terminal: &Terminal, (code, text): (&str, &str), tone: Tone) {
    match json {
        true => terminal.json(&Line { code, text }),
        false => terminal.headline(tone, code, text),
    }
}

fn note(difference: &Difference, counts: &mut Compared) {
    match difference {
        Difference::Unlogged { .. } => counts.unlogged += 1,
        Difference::Changed { .. } => counts.changed += 1,
        Difference::Absent { .. } => counts.absent += 1,
    }
}

fn shown(difference: &Difference) -> String {
    match difference {
        Difference::Unlogged { path, found } => format!("{path} has {found}, and is not logged"),
        Difference::Changed {
            path,
            logged,
            found,
        } => {
            format!("{path} has {found}, the log has {logged}")
        }
        Difference::Absent { path } => format!("{path} is logged, and not on the CPAN"),
    }
}

fn summarize(args: &AuditArgs, terminal: &Terminal, audited: &Audit, compared: Option<Compared>) {
    let (origin, tree) = (audited.checkpoint.origin(), audited.checkpoint.tree());
    let (root, faults) = (tree.root.to_string(), audited.faults.len());
    if args.json {
        let (size, newest, paths) = (tree.size, audited.newest(), &audited.counts);
        let new = size - audited.audited;
        terminal.json(&Summary {
            origin,
            size,
            new,
            root,
            newest,
            paths,
            faults,
            compared,
        });
        return;
    }
    let (tone, word) = match faults {
        0 => (Tone::Good, "sound"),
        _ => (Tone::Bad, "faulty"),
    };
    let leaves = match audited.audited {
        0 => format!("{} leaves", tree.size),
        audited => format!("{} leaves, {} new", tree.size, tree.size - audited),
    };
    terminal.headline(tone, word, &format!("{origin}, {leaves}"));
    terminal.field("root", &root);
    let Counts {
        archives,
        bundles,
        records,
        indexes,
    } = &audited.counts;
    let paths = format!(
        "{archives} archives, {bundles} bundles, {records} author records, {indexes} indexes"
    );
    terminal.field("paths", &paths);
    if tree.size > 0 {
        terminal.field("newest", &shown_time(audited.newest()));
    }
    for cosigned in audited.checkpoint.cosigned() {
        let time = shown_time(cosigned.time);
        terminal.field("cosigned", &format!("{time} by {}", cosigned.witness));
    }
    if let Some(Compared {
        files,
        unlogged,
        changed,
        absent,
        unread,
    }) = compared
    {
        let text = format!(
            "{files} files: {unlogged} unlogged, {changed} changed, {absent} absent, {} unread",
            unread.len()
        );
        terminal.field("compared", &text);
    }
}
