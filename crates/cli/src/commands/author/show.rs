//! `cpan-sigstore author show`.

use clap::Args;
use cpan_sigstore_core::{finding::Exit, release::PauseId};
use cpan_sigstore_gate::RecordFile;
use cpan_sigstore_records::{
    chain::{RecordChain, RecordSummary, SignedRecord},
    record::{Change, HandOvers},
};
use jiff::Timestamp;
use serde::Serialize;

use crate::{
    author_records::Found,
    commands::trust::explain,
    error::CommandError,
    flags::{CpanArgs, GateArgs, InstanceArgs, PolicyArgs, TrustStoreArgs},
    session::Session,
    ui::{Terminal, Tone},
};

/// Show an author record and its history.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  cpan-sigstore author show TIMLEGGE\n  cpan-sigstore author show --explain TIMLEGGE\n\n\
    Exit codes: 0 there is a record, 1 failed, 2 usage, 3 try again later, 10 there is none"
)]
pub struct ShowArgs {
    /// PAUSE id of the author
    #[arg(value_name = "AUTHOR")]
    author: PauseId,
    /// Show the authorized signers and their source, as `trust explain` does
    #[arg(long)]
    explain: bool,
    #[command(flatten)]
    looking: LookingArgs,
    #[command(flatten)]
    policy: PolicyArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// The sources of records.
#[derive(Args, Debug)]
pub struct LookingArgs {
    #[command(flatten)]
    cpan: CpanArgs,
    #[command(flatten)]
    trust_store: TrustStoreArgs,
    #[command(flatten)]
    instance: InstanceArgs,
}

impl LookingArgs {
    /// The records of an author.
    ///
    /// # Errors
    /// An unreadable CPAN or trust store.
    pub fn look(&self, author: &PauseId, session: &Session<'_>) -> Result<Found, CommandError> {
        let verifier = session.verifier(&self.instance)?;
        let cpan = session.cpan(&self.cpan)?;
        let store = session.trust_store(&self.trust_store)?;
        session.wait(Found::at(cpan, author, store, verifier))
    }

    /// The same from files, without a CPAN.
    ///
    /// # Errors
    /// Unusable trust material or trust store.
    pub fn look_at(
        &self,
        author: &PauseId,
        files: &[RecordFile],
        session: &Session<'_>,
    ) -> Result<Found, CommandError> {
        let verifier = session.verifier(&self.instance)?;
        let store = session.trust_store(&self.trust_store)?;
        let known = session.wait(store.record_chain(author))?;
        Ok(Found::among(files, known, verifier))
    }
}

/// The result for machines.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Shown<'a> {
    author: &'a PauseId,
    version: u32,
    releases: Option<&'static str>,
    #[serde(skip_serializing_if = "HandOvers::is_empty")]
    distributions: HandOvers,
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_key: Option<String>,
    identities: Vec<Named>,
    versions: Vec<Version>,
    disputed: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Named {
    identity: String,
    counts_now: bool,
}

#[derive(Serialize)]
struct Version {
    #[serde(flatten)]
    side: RecordSummary,
    changes: Vec<String>,
}

/// Runs the subcommand.
pub fn run(args: &ShowArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let terminal = session.terminal();
    if args.explain {
        let gate = GateArgs {
            require_signed: false,
            policy: args.policy.clone(),
            trust_store: args.looking.trust_store.clone(),
        };
        let source = explain::Source {
            cpan: &args.looking.cpan,
            gate: &gate,
            instance: &args.looking.instance,
        };
        return explain::explain(&args.author, &source, args.json, session);
    }
    let found = args.looking.look(&args.author, session)?;
    let shown = Shown {
        author: &args.author,
        version: found.history.version(),
        releases: found.history.releases().map(|it| it.code()),
        distributions: found
            .history
            .tip()
            .map(|tip| tip.record().distributions().clone())
            .unwrap_or_default(),
        recovery_key: found
            .history
            .tip()
            .and_then(|tip| tip.record().recovery_key())
            .map(ToString::to_string),
        identities: named(&found.history),
        versions: versions(&found.history),
        disputed: found.disputed(),
    };
    if args.json {
        terminal.json(&shown);
    } else {
        print(&shown, terminal);
    }
    Ok(match shown.version {
        0 => Exit::Unsigned,
        _ => Exit::Success,
    })
}

fn named(history: &RecordChain) -> Vec<Named> {
    let now = [Timestamp::now()];
    let all = history.identities().iter();
    all.map(|it| Named {
        identity: it.to_string(),
        counts_now: it.counts_at(&now),
    })
    .collect()
}

fn versions(chain: &RecordChain) -> Vec<Version> {
    let of = |(signed, changes): (&SignedRecord, Vec<Change>)| Version {
        side: RecordSummary::from(signed),
        changes: changes.iter().map(Change::to_string).collect(),
    };
    chain.versions().map(of).collect()
}

fn print(shown: &Shown<'_>, terminal: &Terminal) {
    let author = shown.author.as_str();
    if shown.version == 0 {
        terminal.headline(Tone::Careful, author, "has no author record");
    } else {
        let line = format!("has an author record, version {}", shown.version);
        terminal.headline(Tone::Good, author, &line);
    }
    for named in &shown.identities {
        let label = if named.counts_now { "signs" } else { "retired" };
        terminal.field(label, &named.identity);
    }
    if let Some(releases) = shown.releases {
        terminal.field("releases", releases);
    }
    for (distribution, authors) in &shown.distributions {
        let ids: Vec<_> = authors.iter().map(PauseId::as_str).collect();
        terminal.field("shares", &format!("{distribution} with {}", ids.join(", ")));
    }
    if let Some(key) = &shown.recovery_key {
        terminal.field("recovery", key);
    }
    for version in &shown.versions {
        let side = &version.side;
        let mut line = format!("by {}", side.signer);
        if let Some(signed) = side.signed {
            line.push_str(&format!(" on {signed}"));
        }
        terminal.field(&format!("v{}", side.version), &line);
        for change in &version.changes {
            terminal.line(&format!("            {change}"));
        }
    }
    for disputed in &shown.disputed {
        terminal.warning(&format!("not accepted: {disputed}"));
    }
    if shown.version == 0 {
        terminal.hint("ask the author to publish a record with `cpan-sigstore author enroll`");
    }
}
