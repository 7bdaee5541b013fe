//! `cpan-sigstore author recover`.

use clap::Args;
use cpan_sigstore_core::{finding::Exit, identity::AuthorIdentity};
use cpan_sigstore_records::record::{AuthorRecord, Releases};

use super::{
    AuthorError,
    make::{MakeArgs, Maker, MaySign},
    stated::logged_in,
};
use crate::{failure::Failure, terminal::Terminal};

/// Begin again after you have lost every identity that your record names.
///
/// The record that this makes counts for nobody by itself: give its digest to the operator of an index, who can
/// put it in the place of the one that is known, openly and after some days.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  cpan-sigstore author recover\n  cpan-sigstore author recover --after 1\n\n\
    Exit codes: 0 uploaded, 1 failed, 2 usage or not agreed, 3 try again later,\n  \
    10 there is no record to recover"
)]
pub struct RecoverArgs {
    /// The last version that is yours; the newest one, if it is not said
    #[arg(long, value_name = "VERSION")]
    after: Option<u32>,
    #[command(flatten)]
    make: MakeArgs,
}

/// Runs the subcommand.
pub fn run(args: &RecoverArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let maker = Maker::begin(&args.make, terminal)?;
    let found = maker.found()?;
    let version = args.after.unwrap_or(found.history.version());
    let chain = found.history.records();
    let before = chain.iter().find(|it| it.record().version() == version);
    let Some(before) = before.map(|signed| signed.record().clone()) else {
        return Err(AuthorError::NotEnrolled(maker.author().clone()).into());
    };
    let session = maker.login(MaySign::Anybody)?;
    let identities = vec![AuthorIdentity {
        identity: logged_in(session.identity()),
        from: None,
        until: None,
    }];
    let record: AuthorRecord = before
        .next(identities, Releases::Mixed)
        .map_err(AuthorError::from)?;
    maker.warn(&format!(
        "this record counts for nobody until the operator of an index says so; what to give them is its digest, {}",
        record.digest()
    ));
    maker.confirm(Some(&before), &record)?;
    if maker.is_dry_run() {
        return Ok(maker.show(Some(&before), &record));
    }
    maker.finish(session, &found, &record, false)
}
