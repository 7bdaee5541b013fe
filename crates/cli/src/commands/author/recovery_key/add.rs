//! `cpan-sigstore author recovery-key add`.

use clap::Args;
use cpan_sigstore_core::finding::Exit;
use cpan_sigstore_records::record::RecoveryKey;

use super::file::OldKeyArgs;
use crate::{
    commands::author::{
        make::{MakeArgs, Maker},
        next::{self, KeyChange, Next},
    },
    error::CommandError,
    session::Session,
};

/// Name a recovery key in your record.
///
/// It takes effect after seven days. To replace a key at once, sign with the one before as well.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  cpan-sigstore author recovery-key add ed25519:3b6a…\n  \
    cpan-sigstore author recovery-key add ed25519:3b6a… --key old.pem\n\n\
    Exit codes: 0 uploaded, 1 failed, 2 usage or not agreed, 3 try again later,\n  \
    10 there is no record yet, 12 logged in as an unauthorized identity, or the key is not the one in effect"
)]
pub struct AddArgs {
    /// Public key, as `author recovery-key create` prints it
    #[arg(value_name = "PUBLIC")]
    public: RecoveryKey,
    #[command(flatten)]
    old: OldKeyArgs,
    #[command(flatten)]
    make: MakeArgs,
}

/// Runs the subcommand.
pub fn run(args: &AddArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let old = args.old.read()?;
    let maker = Maker::begin(&args.make, session)?;
    next::make(&maker, None, |before| {
        Ok(Next {
            key: Some(KeyChange {
                key: Some(args.public),
                old,
            }),
            ..Next::of(before)
        })
    })
}
