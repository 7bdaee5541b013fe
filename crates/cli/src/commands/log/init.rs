//! `cpan-sigstore log init`.

use clap::Args;
use cpan_sigstore_core::finding::Exit;
use cpan_sigstore_files::{Access, Existing, write_with};
use cpan_sigstore_ledger::{create, generate_key, store::DiskStore};

use super::OwnLogArgs;
use crate::{error::CommandError, session::Session, ui::Tone};

/// Create an empty log and its key.
///
/// Keep key and state: without the key nobody can continue the log, and an old copy of the state must never be used.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  cpan-sigstore log init --log /srv/log --origin cpan.example/log --key log.key"
)]
pub struct InitArgs {
    #[command(flatten)]
    log: OwnLogArgs,
    /// Name of the log: its address without a scheme
    #[arg(long, value_name = "NAME")]
    origin: String,
}

/// Runs the command.
pub fn run(args: &InitArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let terminal = session.terminal();
    let is_new = args.log.key.symlink_metadata().is_err();
    let key = if is_new {
        generate_key(&args.origin)?
    } else {
        args.log.read_key()?
    };
    if key.verifier().name() != args.origin {
        return Err(CommandError::usage(format!(
            "invalid name of the log: expected {}, the name of the key, found `{}`",
            key.verifier().name(),
            args.origin
        )));
    }
    let store = DiskStore::new(&args.log.log, args.log.state());
    let _lock = store.lock()?;
    if is_new {
        let text = format!("{}\n", key.to_secret_text());
        write_with(
            &args.log.key,
            text.as_bytes(),
            Access::Private,
            Existing::Keep,
        )
        .map_err(CommandError::write(&args.log.key))?;
    }
    create(&store, &key)?;
    terminal.headline(
        Tone::Good,
        "created",
        &format!("{}, an empty log", args.log.log.display()),
    );
    terminal.field("key", &args.log.key.display().to_string());
    terminal.field("public", &key.verifier().to_string());
    terminal.flush();
    terminal.hint("publish this policy; replace `none` when witnesses cosign");
    terminal.copy(&format!("log {}", key.verifier()));
    terminal.copy("quorum none");
    Ok(Exit::Success)
}
