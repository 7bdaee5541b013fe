//! `cpan-sigstore author upload`.

use std::path::PathBuf;

use clap::Args;
use cpan_sigstore_core::{finding::Exit, text::shown_path};

use super::{
    files::{Files, unusable},
    publish,
};
use crate::{
    bundle_file, credentials,
    error::CommandError,
    flags::{InstanceArgs, PauseArgs, WaitArgs},
    publishing::{Destination, published_tree},
    session::Session,
    ui::Tone,
};

/// Upload author records that are already signed.
///
/// Use it after an interruption, or to restore records that somebody else replaced.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  cpan-sigstore author upload TIMLEGGE-sigstore-identities-*.json\n\n\
    Exit codes: 0 uploaded, 1 failed, 2 usage, 3 try again later"
)]
pub struct UploadArgs {
    /// Records, each with its bundle beside it
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    pause: PauseArgs,
    #[command(flatten)]
    wait: WaitArgs,
    #[command(flatten)]
    instance: InstanceArgs,
}

/// Runs the subcommand. The first upload starts after all files passed.
pub fn run(args: &UploadArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let terminal = session.terminal();
    publish::refuse_subdirectory(&args.pause)?;
    let verifier = session.verifier(&args.instance)?;
    let mut all = Vec::new();
    // The shell's `*` names the bundles, too.
    let records = args.files.iter().filter(|path| !bundle_file::is_one(path));
    for path in records {
        all.push(Files::verify(path, verifier)?);
    }
    let uploader = credentials::uploader(&args.pause, session)?;
    for files in &all {
        let author = files.signed().record().author();
        if author != uploader.author() {
            return Err(unusable(
                files.path(),
                &format!(
                    "expected a record of {}, as the credentials are, found one of {author}",
                    uploader.author()
                ),
            ));
        }
    }
    let cpan = session.cpan(&args.pause.cpan)?;
    let tree = published_tree(&uploader)?;
    let upload = publish::Upload {
        files: &all,
        to: Destination {
            uploader: &uploader,
            cpan,
            tree: tree.as_ref(),
            directory: args.pause.directory(uploader.author()),
        },
        wait: &args.wait,
    };
    let stages = session.wait(upload.run(terminal))?;
    for (files, stage) in all.iter().zip(stages) {
        terminal.headline(Tone::Good, stage, &shown_path(files.path()));
    }
    Ok(Exit::Success)
}
