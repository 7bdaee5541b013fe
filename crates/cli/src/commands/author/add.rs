//! `cpan-sigstore author add`.

use clap::Args;
use cpan_sigstore_core::finding::Exit;
use cpan_sigstore_records::record::Releases;

use super::{
    make::{MakeArgs, Maker},
    next::{self, Next},
    refusal,
    stated::{self, StatedArgs},
};
use crate::{error::CommandError, session::Session};

/// Add identities to your author record.
///
/// An identity is a person, or a release workflow. You confirm the change (`--yes` confirms), and log in as an
/// identity that the record already lists.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  cpan-sigstore author add --also 'tim@new.example.org by https://accounts.google.com'\n  \
    cpan-sigstore author add --workflow tim/Foo-Bar/.github/workflows/release.yml \\\n    --repository-id 702001 --owner-id 5001 --wait\n\n\
    Exit codes: 0 uploaded, 1 failed, 2 usage or not agreed, 3 try again later,\n  \
    10 there is no record yet, 12 logged in as an unauthorized identity, or there is a record by another one"
)]
pub struct AddArgs {
    #[command(flatten)]
    stated: StatedArgs,
    /// Whether all your releases are signed: signed or mixed [default: unchanged]
    #[arg(long, value_name = "KIND", value_parser = super::kind::kind)]
    releases: Option<Releases>,
    #[command(flatten)]
    make: MakeArgs,
}

/// Runs the subcommand.
pub fn run(args: &AddArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let new = args.stated.identities()?;
    if new.is_empty() {
        return Err(CommandError::usage(
            "missing identity: expected `--also`, `--workflow` or `--pattern`".to_owned(),
        ));
    }
    let maker = Maker::begin(&args.make, session)?;
    next::make(&maker, args.releases, |before| {
        let mut identities = before.identities().to_vec();
        for identity in &new {
            // An identity with other times is a second entry.
            if identities.contains(identity) {
                return Err(refusal::named(identity));
            }
            identities.push(identity.clone());
        }
        Ok(Next {
            identities,
            distributions: None,
            key: None,
            warning: stated::warning(&new),
        })
    })
}
