//! `cpan-sigstore author recovery-key remove`.

use clap::Args;
use cpan_sigstore_core::finding::Exit;

use super::file::OldKeyArgs;
use crate::{
    commands::author::{
        make::{MakeArgs, Maker},
        next::{self, KeyChange, Next},
    },
    error::CommandError,
    session::Session,
};

/// Remove the recovery key from your record.
///
/// It stays in effect for seven days, unless it signs the removal as well.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  cpan-sigstore author recovery-key remove\n  \
    cpan-sigstore author recovery-key remove --key recovery.pem\n\n\
    Exit codes: 0 uploaded, 1 failed, 2 usage or not agreed, 3 try again later,\n  \
    10 there is no record yet, 12 logged in as an unauthorized identity, or the key is not the one in effect"
)]
pub struct RemoveArgs {
    #[command(flatten)]
    old: OldKeyArgs,
    #[command(flatten)]
    make: MakeArgs,
}

/// Runs the subcommand.
pub fn run(args: &RemoveArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let old = args.old.read()?;
    let maker = Maker::begin(&args.make, session)?;
    next::make(&maker, None, |before| {
        Ok(Next {
            key: Some(KeyChange { key: None, old }),
            ..Next::of(before)
        })
    })
}
