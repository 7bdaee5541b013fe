//! `cpan-sigstore author recovery-key create`.

use std::path::PathBuf;

use clap::Args;
use cpan_sigstore_core::{finding::Exit, text::shown_path};

use super::file;
use crate::{error::CommandError, session::Session, ui::Tone};

/// Create a recovery key for offline keeping.
///
/// Nothing is published. Print the file or move it to a medium that you keep offline, and delete it here. Then name the
/// public key in your record with `author recovery-key add`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  cpan-sigstore author recovery-key create /media/usb/recovery.pem\n\n\
    Exit codes: 0 created, 1 failed, 2 usage"
)]
pub struct CreateArgs {
    /// File for the secret key, which must not exist
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Runs the subcommand.
pub fn run(args: &CreateArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let pair = file::create(&args.file)?;
    let public = pair.public().to_string();
    let terminal = session.terminal();
    terminal.headline(Tone::Good, "created", &shown_path(&args.file));
    terminal.field("public", &public);
    terminal.say("keep the file offline: print it, or move it to a medium in a safe place, and delete it here");
    terminal.say("it signs your next author record and no release; with it and your PAUSE password, anybody can take your releases over");
    terminal.hint(&format!(
        "name it in your record with `cpan-sigstore author recovery-key add {public}`; it takes effect after seven days"
    ));
    Ok(Exit::Success)
}
