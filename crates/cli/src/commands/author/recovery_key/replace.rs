//! `cpan-sigstore author recovery-key use`.

use std::path::PathBuf;

use clap::Args;
use cpan_sigstore_core::{finding::Exit, identity::AuthorIdentity};
use cpan_sigstore_records::record::RecoveryKey;

use super::file;
use crate::{
    commands::author::{
        make::{MakeArgs, Maker},
        refusal,
    },
    error::CommandError,
    session::Session,
};

/// Replace lost or stolen identities by your recovery key.
///
/// The new record names the identity that you log in as, and no other. Clients accept it at once, also in the place
/// of a thief's record. Publish it within seven days after the thief changed the recovery key.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  cpan-sigstore author recovery-key use recovery.pem\n  \
    cpan-sigstore author recovery-key use recovery.pem --after 1\n  \
    cpan-sigstore author recovery-key use recovery.pem --new-key ed25519:3b6a…\n\n\
    Exit codes: 0 uploaded, 1 failed, 2 usage or not agreed, 3 try again later,\n  \
    10 there is no record, 12 the key is not the one in effect"
)]
pub struct UseArgs {
    /// File of the recovery key
    #[arg(value_name = "FILE")]
    key: PathBuf,
    /// Last version that is yours [default: the newest]
    #[arg(long, value_name = "VERSION")]
    after: Option<u32>,
    /// Public key that takes the place of this one at once
    #[arg(long, value_name = "PUBLIC")]
    new_key: Option<RecoveryKey>,
    #[command(flatten)]
    make: MakeArgs,
}

/// Runs the subcommand.
pub fn run(args: &UseArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let pair = file::read(&args.key)?;
    let maker = Maker::begin(&args.make, session)?;
    let found = maker.found()?;
    let version = args.after.unwrap_or(found.history.version());
    let Some(before) = found.history.get(version) else {
        return Err(refusal::not_enrolled(maker.author()));
    };
    let before = before.record().clone();
    let (login, own) = maker.log_in()?;
    let identities = vec![AuthorIdentity {
        identity: own.clone(),
        from: None,
        until: None,
    }];
    let record = before.next(identities, before.releases())?;
    let key = args.new_key.unwrap_or(pair.public());
    let record = record.with_recovery_key(Some(key))?;
    let record = record.recovered_with(&pair)?;
    maker.confirm(Some(&before), &record)?;
    if maker.is_dry_run() {
        return Ok(maker.show(Some(&before), &record));
    }
    let signer = maker.certify(login, &own)?;
    maker.finish(signer, &found, &record, true)
}
