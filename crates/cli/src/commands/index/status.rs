//! `cpan-sigstore index status`.

use clap::Args;
use cpan_sigstore_core::finding::Exit;
use cpan_sigstore_gate::store::{IndexState, StoredIndex};
use cpan_sigstore_registry::subscription::Pin;
use jiff::Timestamp;
use serde::Serialize;

use super::IndexFailure;
use crate::{
    failure::Failure,
    folders,
    gate_args::TrustStoreArgs,
    instance_args::runtime,
    terminal::{Terminal, Tone},
};

/// Say whose index is in use, and how old it is.
#[derive(Args, Debug)]
pub struct StatusArgs {
    #[command(flatten)]
    memory: TrustStoreArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Whose index is in use.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Status {
    operator: Option<Pin>,
    index: Option<IndexState>,
    /// Whether its records are here.
    held: bool,
    /// In whole hours since it was signed.
    age: Option<i64>,
}

impl Status {
    /// Nobody's.
    pub fn none() -> Self {
        Self {
            operator: None,
            index: None,
            held: false,
            age: None,
        }
    }

    /// An operator's, as far as it is kept.
    pub fn of(pin: Pin, kept: Option<StoredIndex>, now: Timestamp) -> Self {
        Self {
            operator: Some(pin),
            held: kept.as_ref().is_some_and(|kept| kept.held),
            age: kept
                .as_ref()
                .map(|kept| kept.state.signed.duration_until(now).as_hours()),
            index: kept.map(|kept| kept.state),
        }
    }
}

/// Runs the command.
pub fn run(args: &StatusArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let pin = Pin::load(&folders::operator_file()?).map_err(IndexFailure::from)?;
    let status = match pin {
        None => Status::none(),
        Some(pin) => {
            let kept = runtime()?.block_on(async {
                let memory = args.memory.open().await?;
                Ok::<_, Failure>(memory.index_kept(&pin.url).await?)
            })?;
            Status::of(pin, kept, Timestamp::now())
        }
    };
    if args.json {
        terminal.json(&status);
    } else {
        print(&status, terminal);
    }
    Ok(Exit::Success)
}

/// Prints whose index is in use.
pub fn print(status: &Status, terminal: &Terminal) {
    let Some(pin) = &status.operator else {
        terminal.headline(Tone::Good, "none", "no operator's index is in use");
        return;
    };
    let (tone, word) = if status.held {
        (Tone::Good, "in use")
    } else {
        (Tone::Careful, "not here yet")
    };
    terminal.headline(tone, word, &pin.url);
    terminal.field("operator", &format!("{} (by {})", pin.identity, pin.issuer));
    if let (Some(index), Some(age)) = (&status.index, status.age) {
        terminal.field(
            "index",
            &format!("number {}, {}", index.number, index.digest),
        );
        terminal.field("signed", &format!("{}, {age} hours ago", index.signed));
        terminal.field("asked", &index.asked.to_string());
    }
}
