//! `cpan-sigstore author retire`.

use clap::Args;
use cpan_sigstore_core::{
    finding::Exit,
    identity::{AuthorIdentity, IdentityPolicy, Matcher},
};
use cpan_sigstore_records::record::AuthorRecord;
use jiff::Timestamp;

use super::{
    AuthorError,
    make::{MakeArgs, Maker},
    next::{self, Next},
};
use crate::{author_records::signing_now, failure::Failure, terminal::Terminal};

/// Say that an identity does not sign your releases any more.
///
/// What it signed before that time stands; what it signs from then on is refused. After a theft say since when
/// with `--compromised-since`, and log in as another identity: the stolen one could take it back. You are shown
/// what changes, and asked (`--yes` answers).
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  cpan-sigstore author retire tim@old.example.org\n  \
    cpan-sigstore author retire tim@old.example.org --compromised-since 2026-06-01T00:00:00Z\n\n\
    Exit codes: 0 uploaded, 1 failed, 2 usage or not agreed, 3 try again later,\n  \
    10 there is no record yet, 12 logged in as nobody who may, or somebody else's record is there"
)]
pub struct RetireArgs {
    /// The identity, by its name or pattern as the record states it
    #[arg(value_name = "NAME")]
    name: String,
    /// Who vouches for it, where two have this name
    #[arg(long, value_name = "URL")]
    vouched_by: Option<String>,
    /// Since when somebody else holds it: what it signed from then on is not yours
    #[arg(long, value_name = "TIME")]
    compromised_since: Option<Timestamp>,
    /// Retire it although nobody could sign afterwards
    #[arg(long)]
    even_the_last: bool,
    #[command(flatten)]
    make: MakeArgs,
}

/// Runs the subcommand.
pub fn run(args: &RetireArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let maker = Maker::begin(&args.make, terminal)?;
    let now = Timestamp::now();
    let until = args.compromised_since.unwrap_or(now);
    if until > now {
        return Err(Failure::Usage(format!(
            "expected a time in the past, found {until}"
        )));
    }
    // A record has whole seconds.
    let until = Timestamp::from_second(until.as_second()).unwrap_or(until);
    next::make(&maker, None, |before| change(args, before, until))
}

fn change(args: &RetireArgs, before: &AuthorRecord, until: Timestamp) -> Result<Next, AuthorError> {
    let meant = meant(args, before.identities())?;
    let is_only_signer = signing_now(before).iter().all(|it| meant.contains(it));
    let mut identities: Vec<AuthorIdentity> = Vec::new();
    for identity in before.identities() {
        let stays = match meant.contains(&identity.identity) {
            true => ended(identity, until),
            false => Some(identity.clone()),
        };
        identities.extend(stays.filter(|it| !identities.contains(it)));
    }
    if identities == before.identities() {
        return Err(AuthorError::NoChange);
    }
    let now = [Timestamp::now()];
    if !identities.iter().any(|it| it.counts_at(&now)) && !args.even_the_last {
        return Err(AuthorError::LastIdentity);
    }
    let warning = (args.compromised_since.is_some() && !is_only_signer).then(|| {
        format!(
            "log in as another identity than {}: whoever holds that one could make another record of the same version",
            args.name
        )
    });
    Ok(Next {
        identities,
        warning,
    })
}

/// The identity as it stands once it counts no longer than that; nothing where it never counted then.
fn ended(identity: &AuthorIdentity, until: Timestamp) -> Option<AuthorIdentity> {
    if identity.from.is_some_and(|from| from >= until) {
        return None;
    }
    Some(AuthorIdentity {
        until: Some(identity.until.map_or(until, |end| end.min(until))),
        ..identity.clone()
    })
}

/// The identity of this name, in each form in which the record states it; by one provider.
fn meant(
    args: &RetireArgs,
    identities: &[AuthorIdentity],
) -> Result<Vec<IdentityPolicy>, AuthorError> {
    let is_meant = |it: &&IdentityPolicy| {
        let name = match &it.subject {
            Matcher::Exact(name) => name.as_str(),
            Matcher::Wildcard(pattern) => pattern.as_str(),
            Matcher::Pattern(pattern, _) => pattern,
        };
        let issuer = it.issuer.to_string();
        name == args.name && args.vouched_by.as_ref().is_none_or(|by| *by == issuer)
    };
    let all = identities.iter().map(|it| &it.identity).filter(is_meant);
    let mut issuers: Vec<_> = all.clone().map(|it| it.issuer.to_string()).collect();
    issuers.sort();
    issuers.dedup();
    if issuers.len() == 1 {
        return Ok(all.cloned().collect());
    }
    let named: Vec<_> = identities.iter().map(ToString::to_string).collect();
    Err(AuthorError::NoSuchIdentity {
        name: args.name.clone(),
        found: issuers.len(),
        named: named.join(", "),
    })
}
