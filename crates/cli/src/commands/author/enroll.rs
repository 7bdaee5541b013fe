//! `cpan-sigstore author enroll`.

use clap::Args;
use cpan_sigstore_core::{finding::Exit, identity::AuthorIdentity};
use cpan_sigstore_records::record::{AuthorRecord, Releases};

use super::{
    AuthorError,
    make::{MakeArgs, Maker, MaySign},
    stated::{StatedArgs, logged_in},
};
use crate::{failure::Failure, terminal::Terminal};

/// Say for the first time who signs your releases: you, as you log in, and whom you name beside.
///
/// Who has installed your releases before believes the record when the identity that signed those signs it:
/// log in as that one. You are shown what the record says, and asked before it is signed (`--yes` answers).
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  cpan-sigstore author enroll\n  \
    cpan-sigstore author enroll --workflow tim/Foo-Bar/.github/workflows/release.yml\n  \
    cpan-sigstore author enroll --also 'tim@example.org by https://accounts.google.com' --wait\n\n\
    Exit codes: 0 uploaded, 1 failed, 2 usage or not agreed, 3 try again later,\n  \
    10 some releases are unsigned, 12 logged in as somebody else, or somebody else's record is there")]
pub struct EnrollArgs {
    #[command(flatten)]
    stated: StatedArgs,
    /// Whether all your releases have a bundle: signed (one without is refused then) or mixed
    #[arg(long, value_name = "KIND", value_parser = super::releases::kind, default_value = "mixed")]
    releases: Releases,
    #[command(flatten)]
    make: MakeArgs,
}

/// Runs the subcommand.
pub fn run(args: &EnrollArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let maker = Maker::begin(&args.make, terminal)?;
    let found = maker.found()?;
    if found.history.version() > 0 {
        return Err(AuthorError::Enrolled {
            author: maker.author().clone(),
            version: found.history.version(),
        }
        .into());
    }
    found.undisputed()?;
    maker.check_backlog(args.releases)?;
    let session = maker.login(MaySign::Anybody)?;
    let mut identities = vec![AuthorIdentity {
        identity: logged_in(session.identity()),
        from: None,
        until: None,
    }];
    for identity in args.stated.identities() {
        if identities.iter().any(|it| it.identity == identity.identity) {
            return Err(AuthorError::Named(identity.to_string()).into());
        }
        identities.push(identity);
    }
    let author = maker.author().clone();
    let record =
        AuthorRecord::first(author, identities, args.releases).map_err(AuthorError::from)?;
    maker.confirm(None, &record)?;
    if maker.is_dry_run() {
        return Ok(maker.show(None, &record));
    }
    maker.finish(session, &found, &record, true)
}
