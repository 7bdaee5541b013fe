//! `cpan-sigstore index use`.

use clap::Args;
use cpan_sigstore_core::finding::Exit;
use cpan_sigstore_keyless::verify::Verifier;
use cpan_sigstore_registry::subscription::{Ask, Pin, Refreshed, refresh};
use jiff::Timestamp;

use super::{
    IndexFailure,
    status::{Status, print},
};
use crate::{
    failure::Failure,
    folders,
    gate_args::TrustStoreArgs,
    instance_args::{InstanceArgs, runtime},
    terminal::{Terminal, Tone},
};

/// Use the index of an operator: it is fetched and verified now, and from now on kept up to date.
///
/// You say who signs it. It is asked for again when it was asked for six hours ago, is used offline, and is
/// never replaced by an older one.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    cpan-sigstore index use https://operator.example/index.json \\\n    \
    --identity operator@example.org --issuer https://accounts.google.com\n  \
    cpan-sigstore index use --none")]
pub struct UseArgs {
    /// Where the index is; its bundle is beside it, as URL.sigstore.json
    #[arg(
        value_name = "URL",
        required_unless_present = "none",
        requires = "identity"
    )]
    url: Option<String>,
    /// Who signs it: the name in the certificate, or a pattern with `*`
    #[arg(long, value_name = "NAME", requires = "issuer", requires = "url")]
    identity: Option<String>,
    /// The provider that vouches for the name
    #[arg(long, value_name = "URL", requires = "identity")]
    issuer: Option<String>,
    /// Use none any more
    #[arg(long, conflicts_with = "url")]
    none: bool,
    #[command(flatten)]
    memory: TrustStoreArgs,
    #[command(flatten)]
    instance: InstanceArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &UseArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let file = folders::operator_file()?;
    let (Some(url), Some(identity), Some(issuer)) = (&args.url, &args.identity, &args.issuer)
    else {
        let was = Pin::remove(&file).map_err(IndexFailure::from)?;
        if args.json {
            terminal.json(&Status::none());
        } else {
            let word = if was { "unpinned" } else { "none" };
            terminal.headline(Tone::Good, word, "no operator's index is in use");
        }
        return Ok(Exit::Success);
    };
    let pin = Pin::new(url, identity, issuer).map_err(IndexFailure::from)?;
    let verifier = Verifier::new(&args.instance.trusted_root(terminal)?)?;
    let now = Timestamp::now();
    let runtime = runtime()?;
    let memory = runtime.block_on(args.memory.open())?;
    terminal.say(&format!("fetching {}", pin.url));
    let refreshed = refresh(&pin, &memory, &verifier, None, Ask::Now, now);
    let refreshed = runtime.block_on(refreshed).map_err(IndexFailure::from)?;
    pin.save(&file).map_err(IndexFailure::from)?;
    let kept = runtime.block_on(memory.index_kept(&pin.url))?;
    let status = Status::of(pin, kept, now);
    if args.json {
        terminal.json(&status);
        return Ok(Exit::Success);
    }
    print(&status, terminal);
    if let Refreshed::TakenIn { changed, .. } = refreshed {
        terminal.field("authors", &format!("{changed} new or changed"));
    }
    Ok(Exit::Success)
}
