//! The search for an author's identities in Sigstore's logs.

use clap::Args;
use cpan_sigstore_core::identity::IdentityPolicy;
use cpan_sigstore_monitor::IdentitySearch;

/// Flags of the search.
#[derive(Args, Debug)]
pub struct IdentitiesArgs {
    /// Search Sigstore's logs for signatures under the authors' identities
    #[arg(long)]
    identities: bool,
    /// One more name to search for [default: those of the author record]
    #[arg(
        long,
        value_name = "NAME",
        requires = "issuer",
        requires = "identities"
    )]
    identity: Option<String>,
    /// Issuer of that name
    #[arg(long, value_name = "URL", requires = "identity")]
    issuer: Option<String>,
    /// Most entries of each log in one run
    #[arg(long, value_name = "N", default_value_t = 1_000_000, requires = "identities",
        value_parser = clap::value_parser!(u64).range(1..))]
    entries: u64,
}

impl IdentitiesArgs {
    /// The search; `None` if there is to be none.
    pub fn search(&self) -> Option<IdentitySearch> {
        let given = self.identity.iter().zip(&self.issuer);
        let given = given.map(|(name, issuer)| IdentityPolicy::exact(name, issuer));
        self.identities.then(|| IdentitySearch {
            given: given.collect(),
            limit: self.entries,
        })
    }
}
