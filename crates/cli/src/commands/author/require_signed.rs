//! `cpan-sigstore author require-signed`.

use clap::Args;
use cpan_sigstore_core::finding::Exit;
use cpan_sigstore_records::record::Releases;

use super::{
    make::{MakeArgs, Maker},
    next::{self, Next},
};
use crate::{error::CommandError, session::Session};

/// Require a signature on all your releases.
///
/// Clients then refuse each release of yours without a bundle. It takes effect only when every archive in
/// your directory has one: sign the others with `cpan-sigstore backlog`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  cpan-sigstore author require-signed\n  \
    cpan-sigstore author require-signed --undo\n\n\
    Exit codes: 0 uploaded, 1 failed, 2 usage or not agreed, 3 try again later,\n  \
    10 some releases are unsigned, or there is no record yet, 12 logged in as an unauthorized identity")]
pub struct RequireSignedArgs {
    /// Allow releases without a bundle again
    #[arg(long)]
    undo: bool,
    #[command(flatten)]
    make: MakeArgs,
}

/// Runs the subcommand.
pub fn run(args: &RequireSignedArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let releases = match args.undo {
        true => Releases::Mixed,
        false => Releases::Signed,
    };
    let maker = Maker::begin(&args.make, session)?;
    next::make(&maker, Some(releases), |before| {
        Ok(Next {
            identities: before.identities().to_vec(),
            distributions: None,
            key: None,
            warning: None,
        })
    })
}
