//! `cpan-sigstore author retire`.

use clap::Args;
use cpan_sigstore_core::{
    finding::Exit,
    identity::{AuthorIdentity, IdentityPolicy, Matcher},
};
use cpan_sigstore_records::record::AuthorRecord;
use jiff::Timestamp;

use super::{
    make::{MakeArgs, Maker},
    next::{self, Next},
    refusal,
};
use crate::{author_records::signing_now, error::CommandError, session::Session};

/// Retire an identity of your author record.
///
/// Its earlier signatures stay valid; later ones are rejected. After a theft, give its time with
/// `--compromised-since`, and log in as another identity, because a thief could undo the change. You confirm the
/// change (`--yes` confirms).
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  cpan-sigstore author retire tim@old.example.org\n  \
    cpan-sigstore author retire tim@old.example.org --compromised-since 2026-06-01T00:00:00Z\n\n\
    Exit codes: 0 uploaded, 1 failed, 2 usage or not agreed, 3 try again later,\n  \
    10 there is no record yet, 12 logged in as an unauthorized identity, or there is a record by another one"
)]
pub struct RetireArgs {
    /// Name or pattern of the identity, as in the record
    #[arg(value_name = "NAME")]
    name: String,
    /// Issuer of the identity, if two have this name
    #[arg(long, value_name = "URL")]
    vouched_by: Option<String>,
    /// Time of the theft; signatures from then on are rejected [default: now]
    #[arg(long, value_name = "TIME")]
    compromised_since: Option<Timestamp>,
    /// Retire the identity even if no other can sign afterwards
    #[arg(long)]
    even_the_last: bool,
    #[command(flatten)]
    make: MakeArgs,
}

/// Runs the subcommand.
pub fn run(args: &RetireArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let maker = Maker::begin(&args.make, session)?;
    let now = Timestamp::now();
    let until = args.compromised_since.unwrap_or(now);
    if until > now {
        return Err(CommandError::usage(format!(
            "invalid time: expected one in the past, found {until}"
        )));
    }
    // A record has whole seconds.
    let until = Timestamp::from_second(until.as_second()).unwrap_or(until);
    next::make(&maker, None, |before| change(args, before, until))
}

fn change(
    args: &RetireArgs,
    before: &AuthorRecord,
    until: Timestamp,
) -> Result<Next, CommandError> {
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
        return Err(refusal::no_change());
    }
    let now = [Timestamp::now()];
    if !identities.iter().any(|it| it.counts_at(&now)) && !args.even_the_last {
        return Err(CommandError::failed(
            "cannot retire the last identity that may sign".to_owned(),
        )
        .hinted("add another identity first with `cpan-sigstore author add`; after `--even-the-last` only an index operator can restore access"));
    }
    let warning = (args.compromised_since.is_some() && !is_only_signer).then(|| {
        format!(
            "log in as another identity than {}: its thief could publish a rival record of the same version",
            args.name
        )
    });
    Ok(Next {
        identities,
        distributions: None,
        key: None,
        warning,
    })
}

/// The identity with this end; `None` if it was never valid before it.
fn ended(identity: &AuthorIdentity, until: Timestamp) -> Option<AuthorIdentity> {
    if identity.from.is_some_and(|from| from >= until) {
        return None;
    }
    Some(AuthorIdentity {
        until: Some(identity.until.map_or(until, |end| end.min(until))),
        ..identity.clone()
    })
}

/// The identities of this name, by one issuer.
fn meant(
    args: &RetireArgs,
    identities: &[AuthorIdentity],
) -> Result<Vec<IdentityPolicy>, CommandError> {
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
    Err(CommandError::failed(format!(
        "invalid name `{}`: expected one identity of the record, found {}; the record lists {}",
        args.name,
        issuers.len(),
        named.join(", ")
    ))
    .hinted("use the name in the record, with `--vouched-by URL` if two have it"))
}
