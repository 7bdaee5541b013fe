//! `cpan-sigstore release`.

mod backlog;
mod single;

use std::path::PathBuf;

use clap::Args;
use cpan_sigstore_core::finding::Exit;

use crate::{
    failure::Failure, pause_args::PauseArgs, publishing::WaitArgs, signing::SigningArgs,
    terminal::Terminal,
};
use backlog::BacklogArgs;

/// Release an archive: check, sign, verify, upload, and see it published.
///
/// Whatever ends it early, running the same command again takes it up where it was. How far it has
/// come stands in FILE.release.json beside the archive.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  cpan-sigstore release --wait Foo-Bar-1.02.tar.gz\n  \
    cpan-sigstore release --identity author@example.com --provider google Foo-Bar-1.02.tar.gz\n  \
    cpan-sigstore release --backlog AUTHOR --copies ~/releases\n\n\
    Exit codes: 0 done, 1 failed, 2 usage, 3 try again later, 11 signature invalid or other\n  \
    bytes published, 12 logged in as or signed by somebody else, 14 unfit archive"
)]
pub struct ReleaseArgs {
    /// The archive
    #[arg(
        value_name = "FILE",
        required_unless_present = "backlog",
        conflicts_with = "backlog"
    )]
    file: Option<PathBuf>,
    /// Where the bundle is written; its name is its name on PAUSE
    #[arg(long, value_name = "FILE", conflicts_with = "backlog")]
    bundle: Option<PathBuf>,
    /// Sign again, and replace the bundle that is there
    #[arg(long, conflicts_with = "backlog")]
    force: bool,
    /// Check, sign and verify, and upload nothing
    #[arg(long, conflicts_with = "wait")]
    no_upload: bool,
    #[command(flatten)]
    backlog: BacklogArgs,
    #[command(flatten)]
    signing: SigningArgs,
    #[command(flatten)]
    pause: PauseArgs,
    #[command(flatten)]
    wait: WaitArgs,
    /// Print each result as one JSON object on a line
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &ReleaseArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    match (&args.file, &args.backlog.backlog) {
        (Some(file), _) => single::run(args, file, terminal),
        (None, Some(author)) => backlog::run(args, author, terminal),
        (None, None) => Err(Failure::Usage(
            "expected an archive, or `--backlog AUTHOR`".into(),
        )),
    }
}
