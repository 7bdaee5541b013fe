//! `cpan-sigstore index override`.

use std::path::PathBuf;

use clap::Args;
use cpan_sigstore_core::{finding::Exit, release::PauseId, text::shown_path};
use cpan_sigstore_gate::RecordFile;
use cpan_sigstore_records::record::{RecordName, SIZE_LIMIT};
use cpan_sigstore_registry::assemble;
use jiff::{SignedDuration, Timestamp};

use crate::{
    bundle_file::{self, beside},
    error::CommandError,
    flags::InstanceArgs,
    session::Session,
    ui::Tone,
};

/// Announce a record for an author who lost all identities.
///
/// No identity of the record before signed it, so verify the author by other means. The index shows the override
/// to everybody. It takes effect after a week at the earliest, and a week after a user first sees it.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  cpan-sigstore index override index.json TIMLEGGE \\\n    TIMLEGGE-sigstore-identities-2.json --reason 'verified by telephone'"
)]
pub struct OverrideArgs {
    /// Author index
    #[arg(value_name = "INDEX")]
    index: PathBuf,
    /// PAUSE id of the author
    #[arg(value_name = "AUTHOR")]
    author: PauseId,
    /// Record with its bundle beside it, as on CPAN
    #[arg(value_name = "RECORD-FILE")]
    record: PathBuf,
    /// Reason, which is public
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Days until it takes effect
    #[arg(long, value_name = "DAYS", default_value_t = 7, value_parser = clap::value_parser!(u16).range(7..=365))]
    after: u16,
    /// Index to write [default: INDEX]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    instance: InstanceArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &OverrideArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let terminal = session.terminal();
    let index = assemble::read(&args.index)?;
    let file = record(args)?;
    let verifier = session.verifier(&args.instance)?;
    let delay = SignedDuration::from_hours(24 * i64::from(args.after));
    let (next, announced) = assemble::announce(
        &index,
        verifier,
        &args.author,
        &file,
        (&args.reason, delay),
        Timestamp::now(),
    )?;
    let output = args.output.as_ref().unwrap_or(&args.index);
    assemble::write(output, next.text().as_bytes())?;
    if args.json {
        terminal.json(&announced);
        return Ok(Exit::Success);
    }
    let what = format!(
        "version {} of {}, from {} on",
        announced.version, announced.author, announced.effective
    );
    terminal.headline(Tone::Careful, "announced", &what);
    terminal.field("record", &announced.record.to_string());
    terminal.field("reason", &announced.reason);
    terminal.field(
        "index",
        &format!("{}, number {}", shown_path(output), next.number()),
    );
    Ok(Exit::Success)
}

fn record(args: &OverrideArgs) -> Result<RecordFile, CommandError> {
    let path = &args.record;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name: RecordName =
        name.parse()
            .map_err(|error: cpan_sigstore_records::record::RecordNameError| {
                CommandError::usage(error.to_string())
            })?;
    let json = cpan_sigstore_files::read_limited(path, SIZE_LIMIT as u64)
        .and_then(|bytes| bytes.ok_or_else(cpan_sigstore_files::no_such_file))
        .map_err(CommandError::read(path))?;
    Ok(RecordFile {
        version: name.version,
        json,
        bundle: bundle_file::read(&beside(path))?,
    })
}
