//! `cpan-sigstore index use`.

use clap::Args;
use cpan_sigstore_core::finding::Exit;
use cpan_sigstore_registry::subscription::{Ask, Pin, Refreshed, refresh};
use jiff::Timestamp;

use super::status::{Status, print};
use crate::{
    error::CommandError,
    flags::{InstanceArgs, TrustStoreArgs},
    folders,
    session::Session,
    ui::Tone,
};

/// Subscribe to an author index.
///
/// You name its signer. The index is fetched and verified now, refreshes every six hours, works offline, and is
/// never rolled back.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    cpan-sigstore index use https://operator.example/index.json \\\n    \
    --identity operator@example.org --issuer https://accounts.google.com\n  \
    cpan-sigstore index use --none")]
pub struct UseArgs {
    /// Address of the index; its bundle is at URL.sigstore.json
    #[arg(
        value_name = "URL",
        required_unless_present = "none",
        requires = "identity"
    )]
    url: Option<String>,
    /// Signer of the index: the name in the certificate, or a pattern with `*`
    #[arg(long, value_name = "NAME", requires = "issuer", requires = "url")]
    identity: Option<String>,
    /// Issuer of the signer's name
    #[arg(long, value_name = "URL", requires = "identity")]
    issuer: Option<String>,
    /// Stop using an index
    #[arg(long, conflicts_with = "url")]
    none: bool,
    #[command(flatten)]
    trust_store: TrustStoreArgs,
    #[command(flatten)]
    instance: InstanceArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &UseArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let terminal = session.terminal();
    let file = folders::operator_file()?;
    let (Some(url), Some(identity), Some(issuer)) = (&args.url, &args.identity, &args.issuer)
    else {
        // A damaged file is removed, too.
        let was = Pin::load(&file).ok().flatten();
        Pin::remove(&file)?;
        match was {
            _ if args.json => terminal.json(&Status::none()),
            Some(pin) => {
                let what = format!("{}; no author index is in use now", pin.url);
                terminal.headline(Tone::Good, "no longer used", &what);
            }
            None => print(&Status::none(), terminal),
        }
        return Ok(Exit::Success);
    };
    let pin = Pin::new(url, identity, issuer)?;
    let verifier = session.verifier(&args.instance)?;
    let now = Timestamp::now();
    let store = session.trust_store(&args.trust_store)?;
    terminal.say(&format!("fetching {}", pin.url));
    let refreshed = refresh(&pin, store, verifier, None, Ask::Now, now);
    let refreshed = session.wait(refreshed)?;
    pin.save(&file)?;
    let status = session.wait(Status::of(pin, store, now))?;
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
