//! `cpan-sigstore author recover`.

use clap::Args;
use cpan_sigstore_core::{finding::Exit, identity::AuthorIdentity};
use cpan_sigstore_records::record::Releases;

use super::{
    make::{MakeArgs, Maker},
    refusal,
};
use crate::{error::CommandError, session::Session};

/// Start a new record after the loss of every identity.
///
/// No client accepts the new record by itself. Give its digest to an index operator, who can announce it as the
/// successor of the known record; it takes effect some days later.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  cpan-sigstore author recover\n  cpan-sigstore author recover --after 1\n\n\
    Exit codes: 0 uploaded, 1 failed, 2 usage or not agreed, 3 try again later,\n  \
    10 there is no record to recover"
)]
pub struct RecoverArgs {
    /// Last version that is yours [default: the newest]
    #[arg(long, value_name = "VERSION")]
    after: Option<u32>,
    #[command(flatten)]
    make: MakeArgs,
}

/// Runs the subcommand.
pub fn run(args: &RecoverArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let maker = Maker::begin(&args.make, session)?;
    let found = maker.found()?;
    let version = args.after.unwrap_or(found.history.version());
    let chain = found.history.records();
    let before = chain.iter().find(|it| it.record().version() == version);
    let Some(before) = before.map(|signed| signed.record().clone()) else {
        return Err(refusal::not_enrolled(maker.author()));
    };
    let (login, own) = maker.log_in()?;
    let identities = vec![AuthorIdentity {
        identity: own.clone(),
        from: None,
        until: None,
    }];
    // Its recovery key is lost as well, or a thief has it.
    let record = before
        .next(identities, Releases::Mixed)?
        .with_recovery_key(None)?;
    maker.warn(&format!(
        "no client accepts this record until an index operator announces it; give them its digest, {}",
        record.digest()
    ));
    maker.confirm(Some(&before), &record)?;
    if maker.is_dry_run() {
        return Ok(maker.show(Some(&before), &record));
    }
    let signer = maker.certify(login, &own)?;
    maker.finish(signer, &found, &record, false)
}
