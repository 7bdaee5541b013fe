//! `cpan-sigstore index build`.

use std::path::{Path, PathBuf};

use clap::Args;
use cpan_sigstore_core::finding::Exit;
use cpan_sigstore_cpan::{self as cpan, Cpan};
use cpan_sigstore_registry::assemble::{Plan, Report};
use jiff::Timestamp;

use crate::{
    error::CommandError,
    flags::InstanceArgs,
    session::Session,
    ui::{Terminal, Tone, progress::Progress},
};

/// Build the next author index of a CPAN.
///
/// Accepted records are kept; rejected ones are reported with the reason. Unchanged authors are skipped. If
/// nothing changed, the index stays the same; sign it again to renew its date.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  cpan-sigstore index build --cpan /srv/CPAN --previous index.json"
)]
pub struct BuildArgs {
    /// CPAN: a folder, or an address
    #[arg(long, value_name = "DIR|URL", env = "CPAN_SIGSTORE_CPAN", default_value = cpan::DEFAULT)]
    cpan: String,
    /// Previous index [default: none, for a first index]
    #[arg(long, value_name = "FILE")]
    previous: Option<PathBuf>,
    /// Index to write [default: the previous index, or index.json]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    instance: InstanceArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &BuildArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let terminal = session.terminal();
    let output = args.output.as_deref().or(args.previous.as_deref());
    let output = output.unwrap_or(Path::new("index.json"));
    if args.previous.is_none() && output.symlink_metadata().is_ok() {
        return Err(CommandError::usage(format!(
            "cannot write a first index to {}: there is a file already",
            output.display()
        ))
        .hinted("continue it with `--previous FILE`, which keeps known records, or name another file with `--output`"));
    }
    let cpan = if args.cpan.contains("://") {
        Cpan::at(&args.cpan)?
    } else {
        let folder = std::fs::canonicalize(&args.cpan).map_err(CommandError::read(&args.cpan))?;
        Cpan::in_folder(folder)
    };
    let verifier = session.verifier(&args.instance)?;
    let bar = Progress::of_authors("checking authors");
    let plan = Plan {
        cpan: &cpan,
        previous: args.previous.as_deref(),
        output,
        verifier,
        now: Timestamp::now(),
        progress: &|done, of| bar.of(done, of),
    };
    let report = session.runtime()?.block_on(plan.run());
    bar.end();
    let report = report?;
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
            "{}, {} checked, {} signatures verified",
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
            &format!(
                "{}: deleted on the CPAN, but kept in the index",
                vanished.path
            ),
        );
    }
    terminal.flush();
    terminal.hint(&format!(
        "sign it with `cpan-sigstore index sign {}`",
        output.display()
    ));
}
