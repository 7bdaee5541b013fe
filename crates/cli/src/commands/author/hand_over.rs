//! `cpan-sigstore author hand-over`.

use clap::Args;
use cpan_sigstore_core::{finding::Exit, release::PauseId};
use cpan_sigstore_records::record::{AuthorRecord, HandOvers};

use super::{
    make::{MakeArgs, Maker},
    next::{self, Next},
};
use crate::{error::CommandError, session::Session};

/// Hand a distribution over to other authors.
///
/// Clients then accept their releases of this distribution beside yours. They sign with their own identities, and
/// may hand nothing on. Name the distribution as in its archives, and all authors at once for co-maintainers.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  cpan-sigstore author hand-over Foo-Bar NEWAUTHOR\n  \
    cpan-sigstore author hand-over Foo-Bar OTHER ANOTHER\n  \
    cpan-sigstore author hand-over Foo-Bar NEWAUTHOR --take-back\n\n\
    Exit codes: 0 uploaded, 1 failed, 2 usage or not agreed, 3 try again later,\n  \
    10 there is no record yet, 12 logged in as an unauthorized identity, or there is a record by another one"
)]
pub struct HandOverArgs {
    /// Name of the distribution, such as Foo-Bar
    #[arg(value_name = "DISTRIBUTION")]
    distribution: String,
    /// PAUSE ids of the other authors
    #[arg(value_name = "ID", required = true)]
    to: Vec<PauseId>,
    /// End the hand-over to these authors
    #[arg(long)]
    take_back: bool,
    #[command(flatten)]
    make: MakeArgs,
}

/// Runs the subcommand.
pub fn run(args: &HandOverArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let maker = Maker::begin(&args.make, session)?;
    next::make(&maker, None, |before| {
        Ok(Next {
            identities: before.identities().to_vec(),
            distributions: Some(changed(args, before)),
            key: None,
            warning: None,
        })
    })
}

/// The hand-overs of the next version.
fn changed(args: &HandOverArgs, before: &AuthorRecord) -> HandOvers {
    let mut stated = before.distributions().clone();
    let name = &args.distribution;
    let mut authors = stated.remove(name).unwrap_or_default();
    authors.retain(|id| !args.to.contains(id));
    if !args.take_back {
        authors.extend(args.to.iter().cloned());
    }
    authors.sort_unstable_by(|one, other| one.as_str().cmp(other.as_str()));
    authors.dedup();
    if !authors.is_empty() {
        stated.insert(name.clone(), authors);
    }
    stated
}
