//! `cpan-sigstore index override`.

use std::path::PathBuf;

use clap::Args;
use cpan_sigstore_core::{finding::Exit, release::PauseId};
use cpan_sigstore_gate::RecordFile;
use cpan_sigstore_keyless::verify::Verifier;
use cpan_sigstore_records::record::{RecordName, SIZE_LIMIT};
use cpan_sigstore_registry::assemble;
use jiff::{SignedDuration, Timestamp};

use super::IndexFailure;
use crate::{
    bundle_file::{self, beside},
    failure::Failure,
    instance_args::InstanceArgs,
    terminal::{Terminal, Tone},
};

/// Announce that a record will count although no identity of the one before signed it.
///
/// For an author who lost every identity, and whom you know by other means. It stands in the index for all to
/// see, and counts after a week at the earliest; users wait a week from when they first saw it.
#[derive(Args, Debug)]
pub struct OverrideArgs {
    /// The index
    #[arg(value_name = "INDEX")]
    index: PathBuf,
    /// Whose record it is
    #[arg(value_name = "AUTHOR")]
    author: PauseId,
    /// The record, with its bundle beside it, as the author has it on CPAN
    #[arg(value_name = "RECORD-FILE")]
    record: PathBuf,
    /// Why, for all to read
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// After how many days it counts
    #[arg(long, value_name = "DAYS", default_value_t = 7, value_parser = clap::value_parser!(u16).range(7..=365))]
    after: u16,
    /// Where the next index goes, if not in the place of the one before
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    instance: InstanceArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &OverrideArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let index = assemble::read(&args.index).map_err(IndexFailure::from)?;
    let file = record(args)?;
    let verifier = Verifier::new(&args.instance.trusted_root(terminal)?)?;
    let delay = SignedDuration::from_hours(24 * i64::from(args.after));
    let (next, announced) = assemble::announce(
        &index,
        &verifier,
        &args.author,
        &file,
        (&args.reason, delay),
        Timestamp::now(),
    )
    .map_err(IndexFailure::from)?;
    let output = args.output.as_ref().unwrap_or(&args.index);
    assemble::write(output, next.text().as_bytes()).map_err(IndexFailure::from)?;
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
        &format!("{}, number {}", output.display(), next.number()),
    );
    Ok(Exit::Success)
}

fn record(args: &OverrideArgs) -> Result<RecordFile, Failure> {
    let path = &args.record;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name: RecordName =
        name.parse()
            .map_err(|error: cpan_sigstore_records::record::RecordNameError| {
                Failure::Usage(error.to_string())
            })?;
    let json = cpan_sigstore_files::read(path, SIZE_LIMIT as u64)
        .and_then(|bytes| bytes.ok_or_else(|| std::io::ErrorKind::NotFound.into()))
        .map_err(Failure::read(path))?;
    Ok(RecordFile {
        version: name.version,
        json,
        bundle: bundle_file::read(&beside(path))?,
    })
}
