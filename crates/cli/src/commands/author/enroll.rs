//! `cpan-sigstore author enroll`.

use clap::Args;
use cpan_sigstore_core::{finding::Exit, identity::AuthorIdentity};
use cpan_sigstore_records::record::{AuthorRecord, Releases};

use super::{
    make::{MakeArgs, Maker},
    refusal,
    stated::{self, StatedArgs},
};
use crate::{error::CommandError, session::Session};

/// Publish your first author record.
///
/// It lists the identities that may sign your releases: your login, and those that you add. Log in as the
/// identity that signed your earlier releases; existing users accept only a record signed by it. You confirm the
/// record before it is signed (`--yes` confirms).
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  cpan-sigstore author enroll\n  \
    cpan-sigstore author enroll --workflow tim/Foo-Bar/.github/workflows/release.yml\n  \
    cpan-sigstore author enroll --also 'tim@example.org by https://accounts.google.com' --wait\n\n\
    Exit codes: 0 uploaded, 1 failed, 2 usage or not agreed, 3 try again later,\n  \
    10 some releases are unsigned, 12 logged in as another identity, or there is a record by another one")]
pub struct EnrollArgs {
    #[command(flatten)]
    stated: StatedArgs,
    /// Whether all your releases are signed: signed (clients then reject others) or mixed
    #[arg(long, value_name = "KIND", value_parser = super::kind::kind, default_value = "mixed")]
    releases: Releases,
    #[command(flatten)]
    make: MakeArgs,
}

/// Runs the subcommand.
pub fn run(args: &EnrollArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let stated = args.stated.identities()?;
    let maker = Maker::begin(&args.make, session)?;
    let found = maker.found()?;
    if found.history.version() > 0 {
        return Err(CommandError::failed(format!(
            "cannot enroll {}: there is a record already, version {}",
            maker.author(),
            found.history.version()
        ))
        .hinted("add an identity with `cpan-sigstore author add`; if CPAN does not show the record yet, upload it with `cpan-sigstore author upload FILE`; if it is not yours, see `cpan-sigstore author check`"));
    }
    found.undisputed()?;
    maker.check_backlog(args.releases)?;
    let (login, own) = maker.log_in()?;
    let mut identities = vec![AuthorIdentity {
        identity: own.clone(),
        from: None,
        until: None,
    }];
    for identity in stated {
        if identities.iter().any(|it| it.identity == identity.identity) {
            return Err(refusal::named(&identity));
        }
        identities.push(identity);
    }
    if let Some(warning) = stated::warning(&identities) {
        maker.warn(&warning);
    }
    let author = maker.author().clone();
    let record = AuthorRecord::first(author, identities, args.releases)?;
    maker.confirm(None, &record)?;
    if maker.is_dry_run() {
        return Ok(maker.show(None, &record));
    }
    let signer = maker.certify(login, &own)?;
    maker.finish(signer, &found, &record, true)
}
