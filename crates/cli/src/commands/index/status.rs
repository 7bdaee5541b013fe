//! `cpan-sigstore index status`.

use clap::Args;
use cpan_sigstore_core::{finding::Exit, text::count};
use cpan_sigstore_gate::{
    TrustStore,
    store::{AttestedChange, IndexState, StoredIndex, TrustStoreError},
};
use cpan_sigstore_records::author_index::OwnerChange;
use cpan_sigstore_registry::subscription::Pin;
use jiff::Timestamp;
use serde::Serialize;

use crate::{
    error::CommandError,
    flags::TrustStoreArgs,
    folders,
    session::Session,
    ui::{Terminal, Tone},
};

/// Show the author index in use, and its age.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  cpan-sigstore index status")]
pub struct StatusArgs {
    #[command(flatten)]
    trust_store: TrustStoreArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// The index in use.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Status {
    operator: Option<Pin>,
    index: Option<IndexState>,
    /// Whether its records are in the trust store.
    held: bool,
    /// In whole hours since it was signed.
    age: Option<i64>,
    /// The number of packages whose authors it states.
    packages: usize,
    /// The packages whose authors changed lately, those with another owner first.
    owner_changes: Vec<Change>,
}

/// A package whose authors changed.
#[derive(Serialize)]
struct Change {
    #[serde(flatten)]
    change: OwnerChange,
    /// When the index with it was imported.
    noted: Timestamp,
}

impl Status {
    /// No index.
    pub fn none() -> Self {
        Self {
            operator: None,
            index: None,
            held: false,
            age: None,
            packages: 0,
            owner_changes: Vec::new(),
        }
    }

    /// An operator's index, as far as it is stored.
    ///
    /// # Errors
    /// [`TrustStoreError`] if the trust store cannot be used.
    pub async fn of(pin: Pin, store: &TrustStore, now: Timestamp) -> Result<Self, TrustStoreError> {
        let kept: Option<StoredIndex> = store.index_kept(&pin.url).await?;
        let packages = store.attested_package_count(&pin.url).await?;
        let changes = store.attested_owner_changes(&pin.url).await?.into_iter();
        let owner_changes =
            changes.map(|AttestedChange { change, noted }| Change { change, noted });
        Ok(Self {
            packages,
            owner_changes: owner_changes.collect(),
            operator: Some(pin),
            held: kept.as_ref().is_some_and(|kept| kept.held),
            age: kept
                .as_ref()
                .map(|kept| kept.state.signed.duration_until(now).as_hours()),
            index: kept.map(|kept| kept.state),
        })
    }
}

/// Runs the command.
pub fn run(args: &StatusArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let terminal = session.terminal();
    let pin = Pin::load(&folders::operator_file()?)?;
    let status = match pin {
        None => Status::none(),
        Some(pin) => {
            let store = session.trust_store(&args.trust_store)?;
            session.wait(Status::of(pin, store, Timestamp::now()))?
        }
    };
    if args.json {
        terminal.json(&status);
    } else {
        print(&status, terminal);
    }
    Ok(Exit::Success)
}

/// Prints the index in use.
pub fn print(status: &Status, terminal: &Terminal) {
    let Some(pin) = &status.operator else {
        terminal.headline(Tone::Good, "none", "no author index is in use");
        return;
    };
    let (tone, word) = if status.held {
        (Tone::Good, "in use")
    } else {
        (Tone::Careful, "not fetched yet")
    };
    terminal.headline(tone, word, &pin.url);
    terminal.field("operator", &format!("{} (by {})", pin.identity, pin.issuer));
    if let (Some(index), Some(age)) = (&status.index, status.age) {
        terminal.field(
            "index",
            &format!("number {}, {}", index.number, index.digest),
        );
        terminal.field(
            "signed",
            &format!("{}, {} ago", index.signed, count(age, "hour")),
        );
        terminal.field("checked", &index.asked.to_string());
    }
    if status.packages > 0 {
        terminal.field("packages", &status.packages.to_string());
    }
    let changes = status.owner_changes.iter();
    let changes: Vec<OwnerChange> = changes.map(|one| one.change.clone()).collect();
    super::diff::print_owners(&changes, terminal);
}
