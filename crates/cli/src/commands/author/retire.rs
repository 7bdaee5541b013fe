//! `cpan-sigstore author retire`.

use clap::Args;
use cpan_sigstore_core::{
    finding::Exit,
    identity::{AuthorIdentity, Matcher},
    record::AuthorRecord,
};
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
    let mut identities = before.identities().to_vec();
    let place = place(args, &identities)?;
    let retired = &mut identities[place];
    if retired.until.is_some_and(|end| end <= until) {
        return Err(AuthorError::NoChange);
    }
    let signs = signing_now(before);
    let is_only_signer = signs.iter().all(|it| *it == retired.identity);
    match retired.from {
        // It never counted.
        Some(from) if from >= until => drop(identities.remove(place)),
        _ => retired.until = Some(until),
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

fn place(args: &RetireArgs, identities: &[AuthorIdentity]) -> Result<usize, AuthorError> {
    let is_meant = |it: &AuthorIdentity| {
        let name = match &it.identity.subject {
            Matcher::Exact(name) => name.as_str(),
            Matcher::Wildcard(pattern) => pattern.as_str(),
            Matcher::Pattern(pattern, _) => pattern,
        };
        let issuer = it.identity.issuer.to_string();
        name == args.name && args.vouched_by.as_ref().is_none_or(|by| *by == issuer)
    };
    let meant: Vec<usize> = (0..identities.len())
        .filter(|at| is_meant(&identities[*at]))
        .collect();
    match meant[..] {
        [one] => Ok(one),
        _ => {
            let named: Vec<_> = identities.iter().map(ToString::to_string).collect();
            Err(AuthorError::NoSuchIdentity {
                name: args.name.clone(),
                found: meant.len(),
                named: named.join(", "),
            })
        }
    }
}
