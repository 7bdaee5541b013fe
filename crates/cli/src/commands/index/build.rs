//! `cpan-sigstore index build`.

use std::path::{Path, PathBuf};

use clap::Args;
use cpan_sigstore_core::finding::Exit;
use cpan_sigstore_cpan::{self as cpan, Cpan};
use cpan_sigstore_keyless::verify::Verifier;
use cpan_sigstore_registry::assemble::{Plan, Report};
use jiff::Timestamp;

use super::IndexFailure;
use crate::{
    failure::Failure,
    instance_args::{InstanceArgs, runtime},
    progress::Progress,
    terminal::{Terminal, Tone},
};

/// Gather the author records of a CPAN into the next index, and say what was refused and why.
///
/// What the index before has stands, whatever is found now. What is as it was is not read again; where nothing
/// has changed the index stays as it is, and is signed anew to say that it is of today.
#[derive(Args, Debug)]
pub struct BuildArgs {
    /// The CPAN: a folder, or an address
    #[arg(long, value_name = "DIR|URL", env = "CPAN_SIGSTORE_CPAN", default_value = cpan::DEFAULT)]
    cpan: String,
    /// The index before; without it, this is the first
    #[arg(long, value_name = "FILE")]
    previous: Option<PathBuf>,
    /// Where the index goes; by default in the place of the one before, or index.json
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    instance: InstanceArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &BuildArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let output = args.output.as_deref().or(args.previous.as_deref());
    let output = output.unwrap_or(Path::new("index.json"));
    if args.previous.is_none() && output.symlink_metadata().is_ok() {
        let path = output.to_owned();
        return Err(IndexFailure::Exists { path }.into());
    }
    let cpan = if args.cpan.contains("://") {
        Cpan::at(&args.cpan)?
    } else {
        let folder = std::fs::canonicalize(&args.cpan).map_err(Failure::read(&args.cpan))?;
        Cpan::in_folder(folder)
    };
    let verifier = Verifier::new(&args.instance.trusted_root(terminal)?)?;
    let bar = Progress::of_authors("looking at authors");
    let plan = Plan {
        cpan: &cpan,
        previous: args.previous.as_deref(),
        output,
        verifier: &verifier,
        now: Timestamp::now(),
        progress: &|done, of| bar.of(done, of),
    };
    let report = runtime()?.block_on(plan.run());
    bar.end();
    let report = report.map_err(IndexFailure::from)?;
    if args.json {
        terminal.json(&report);
    } else {
        print(&report, output, terminal);
    }
    Ok(Exit::Success)
}

fn print(report: &Report, output: &Path, terminal: &Terminal) {
    let word = if report.unchanged {
        "unchanged"
    } else {
        "built"
    };
    let what = format!("{}, number {}", output.display(), report.number);
    terminal.headline(Tone::Good, word, &what);
    terminal.field("digest", &report.digest.to_string());
    terminal.field(
        "authors",
        &format!(
            "{}, {} of them looked at, {} signatures verified",
            report.authors, report.looked_at, report.verified
        ),
    );
    super::diff::print(&report.changes, terminal);
    for refused in &report.refused {
        terminal.headline(Tone::Bad, refused.code, &refused.to_string());
    }
    for vanished in &report.vanished {
        terminal.headline(
            Tone::Careful,
            "vanished",
            &format!("{}: it is not there any more, and stands", vanished.path),
        );
    }
    terminal.flush();
    terminal.hint(&format!(
        "sign it with `cpan-sigstore index sign {}`",
        output.display()
    ));
}
