//! `cpan-sigstore author releases`.

use clap::Args;
use cpan_sigstore_core::finding::Exit;
use cpan_sigstore_records::record::Releases;

use super::{
    make::{MakeArgs, Maker},
    next::{self, Next},
};
use crate::{failure::Failure, terminal::Terminal};

/// Say whether all your releases are signed; then one without a bundle is refused, whoever asks.
///
/// It is accepted only when every archive in your directory has a bundle: see `release --backlog`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  cpan-sigstore author releases signed\n\n\
    Exit codes: 0 uploaded, 1 failed, 2 usage or not agreed, 3 try again later,\n  \
    10 some releases are unsigned, or there is no record yet, 12 logged in as nobody who may")]
pub struct ReleasesArgs {
    /// signed or mixed
    #[arg(value_name = "KIND", value_parser = kind)]
    releases: Releases,
    #[command(flatten)]
    make: MakeArgs,
}

/// `signed` or `mixed`
pub fn kind(text: &str) -> Result<Releases, String> {
    match text {
        "signed" => Ok(Releases::Signed),
        "mixed" => Ok(Releases::Mixed),
        other => Err(format!("expected signed or mixed, found `{other}`")),
    }
}

/// Runs the subcommand.
pub fn run(args: &ReleasesArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let maker = Maker::begin(&args.make, terminal)?;
    next::make(&maker, Some(args.releases), |before| {
        Ok(Next {
            identities: before.identities().to_vec(),
            warning: None,
        })
    })
}
