//! `cpan-sigstore author add`.

use clap::Args;
use cpan_sigstore_core::finding::Exit;
use cpan_sigstore_records::record::Releases;

use super::{
    AuthorError,
    make::{MakeArgs, Maker},
    next::{self, Next},
    stated::StatedArgs,
};
use crate::{failure::Failure, terminal::Terminal};

/// Name more identities that sign your releases, such as a release workflow or a new address.
///
/// You are shown what changes and asked (`--yes` answers), and log in as one that is named already.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  cpan-sigstore author add --also 'tim@new.example.org by https://accounts.google.com'\n  \
    cpan-sigstore author add --workflow tim/Foo-Bar/.github/workflows/release.yml --wait\n\n\
    Exit codes: 0 uploaded, 1 failed, 2 usage or not agreed, 3 try again later,\n  \
    10 there is no record yet, 12 logged in as nobody who may, or somebody else's record is there"
)]
pub struct AddArgs {
    #[command(flatten)]
    stated: StatedArgs,
    /// Whether all your releases have a bundle from now on: signed or mixed
    #[arg(long, value_name = "KIND", value_parser = super::releases::kind)]
    releases: Option<Releases>,
    #[command(flatten)]
    make: MakeArgs,
}

/// Runs the subcommand.
pub fn run(args: &AddArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let new = args.stated.identities();
    if new.is_empty() {
        return Err(Failure::Usage(
            "expected an identity to add, by `--also`, `--workflow` or `--pattern`, found none"
                .to_owned(),
        ));
    }
    let maker = Maker::begin(&args.make, terminal)?;
    next::make(&maker, args.releases, |before| {
        let mut identities = before.identities().to_vec();
        for identity in &new {
            // Named again at other times it counts at both.
            if identities.contains(identity) {
                return Err(AuthorError::Named(identity.to_string()));
            }
            identities.push(identity.clone());
        }
        Ok(Next {
            identities,
            warning: None,
        })
    })
}
