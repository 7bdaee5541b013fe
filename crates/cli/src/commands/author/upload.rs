//! `cpan-sigstore author upload`.

use std::path::PathBuf;

use clap::Args;
use cpan_sigstore_core::finding::Exit;
use cpan_sigstore_keyless::verify::Verifier;

use super::{AuthorError, files::Files, publish};
use crate::{
    bundle_file,
    failure::Failure,
    instance_args::{InstanceArgs, runtime},
    pause_args::PauseArgs,
    publishing::WaitArgs,
    terminal::{Terminal, Tone},
};

/// Upload records that were made before: after an interruption, or because somebody else has replaced them.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  cpan-sigstore author upload TIMLEGGE-sigstore-identities-*.json\n\n\
    Exit codes: 0 uploaded, 1 failed, 2 usage, 3 try again later"
)]
pub struct UploadArgs {
    /// The records; the bundle of each stands beside it
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    pause: PauseArgs,
    #[command(flatten)]
    wait: WaitArgs,
    #[command(flatten)]
    instance: InstanceArgs,
}

/// Runs the subcommand. Nothing is uploaded before all files were found in order.
pub fn run(args: &UploadArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    publish::refuse_subdirectory(&args.pause)?;
    let verifier = Verifier::new(&args.instance.trusted_root(terminal)?)?;
    let mut all = Vec::new();
    // The shell's `*` names the bundles, too.
    let records = args.files.iter().filter(|path| !bundle_file::is_one(path));
    for path in records {
        all.push(Files::verify(path, &verifier)?);
    }
    let uploader = args.pause.uploader(terminal)?;
    for files in &all {
        let author = files.signed().record().author();
        if author != uploader.author() {
            return Err(AuthorError::File {
                path: files.path().to_owned(),
                found: format!("one of {author}, where {} is logged in", uploader.author()),
            }
            .into());
        }
    }
    let runtime = runtime()?;
    for files in &all {
        let upload = publish::Upload {
            files,
            uploader: &uploader,
            pause: &args.pause,
            wait: &args.wait,
        };
        let stage = runtime.block_on(upload.run(terminal))?;
        terminal.headline(Tone::Good, stage, &files.path().display().to_string());
    }
    Ok(Exit::Success)
}
