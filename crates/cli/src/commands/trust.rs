//! `cpan-sigstore trust`.

use clap::{Args, Subcommand};
use cpan_sigstore_core::{
    finding::Exit, reason::Provenance, release::PauseId, verdict::BindingSource,
};
use cpan_sigstore_gate::explain::{Explanation, RecordExplanation, Version};
use jiff::Timestamp;

use crate::{
    failure::Failure,
    gate_args::GateArgs,
    instance_args::{InstanceArgs, runtime},
    pause_args::CpanArgs,
    terminal::{Terminal, Tone},
};

/// Look at whose signatures count.
#[derive(Subcommand, Debug)]
pub enum TrustCommand {
    Explain(Box<ExplainArgs>),
}

/// Say whose signatures count for an author, who says so, and since when.
///
/// The first of these that speaks is asked: your pins in policy.toml; the author's own record, as it is
/// remembered, in the index, or newly found in the author's directory; PAUSE, where the policy has it vouch for
/// its authors; whoever signed the first release that was seen. Nothing is remembered of what is found.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  cpan-sigstore trust explain TIMLEGGE\n  \
    cpan-sigstore trust explain --json TIMLEGGE\n\n\
    Exit codes: 0 somebody says who signs, 1 failed, 2 usage, 3 try again later,\n  \
    12 nobody has said anything of this author")]
pub struct ExplainArgs {
    /// The author
    #[arg(value_name = "AUTHOR")]
    author: PauseId,
    #[command(flatten)]
    cpan: CpanArgs,
    #[command(flatten)]
    gate: GateArgs,
    #[command(flatten)]
    instance: InstanceArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs the subcommand.
pub fn run(command: &TrustCommand, terminal: &Terminal) -> Result<Exit, Failure> {
    let TrustCommand::Explain(args) = command;
    let runtime = runtime()?;
    let gate = args.gate.open(&args.instance, false, &runtime, terminal)?;
    let cpan = args.cpan.open()?;
    let explanation = runtime.block_on(async {
        let known = gate.known_version(&args.author).await?;
        let records = cpan.author_records(&args.author, known + 1).await?;
        let explained = gate.explain(&args.author, &records, Timestamp::now());
        Ok::<_, Failure>(explained.await?)
    })?;
    if args.json {
        terminal.json(&explanation);
    } else {
        print(&explanation, terminal);
    }
    Ok(match (&explanation.untold, explanation.source) {
        (Some(_), _) => Exit::TryLater,
        (None, Some(_)) => Exit::Success,
        (None, None) if explanation.pause.is_some() => Exit::Success,
        (None, None) => Exit::IdentityMismatch,
    })
}

fn print(explanation: &Explanation, terminal: &Terminal) {
    let author = explanation.author.as_str();
    match explanation.source {
        Some(source) => terminal.headline(Tone::Good, author, &format!("by {source}")),
        None => terminal.headline(
            Tone::Careful,
            author,
            "nobody has said anything of who signs for this author",
        ),
    }
    let first = |source| explanation.source == Some(source);
    if let Some(pins) = &explanation.pins {
        for identity in &pins.identities {
            terminal.field("pin", &format!("{identity}, by {}", pins.origin));
        }
    }
    if let Some(record) = &explanation.record {
        recorded(record, first(BindingSource::Record), terminal);
    }
    if let Some(pause) = &explanation.pause {
        terminal.field("pause", &format!("{pause}, where nothing above speaks"));
    }
    if let Some(seen) = &explanation.first_seen {
        let line = format!("{}, on {}, of {}", seen.identity, seen.seen, seen.path);
        terminal.field("first", &line);
    }
    if let Some(index) = &explanation.index {
        terminal.field("index", index);
    }
    for refused in &explanation.refused {
        terminal.warning(refused);
    }
    if let Some(untold) = &explanation.untold {
        terminal.warning(&format!(
            "records were found and cannot be verified: {untold}"
        ));
    }
    if explanation.source.is_none() {
        terminal.hint(
            "ask the author to say who signs with `cpan-sigstore author enroll`, or pin an identity in policy.toml",
        );
    }
}

fn recorded(record: &RecordExplanation, speaks: bool, terminal: &Terminal) {
    let standing = match record.provenance {
        Provenance::Known => "remembered",
        Provenance::Index => "in the index",
        Provenance::Connected => "in the author's directory, agreed to by whoever signed first",
        Provenance::New => {
            "in the author's directory, never seen before: who signs is not known for sure yet"
        }
    };
    let newest = record.versions.last().map_or(0, |it| it.side.version);
    terminal.field("record", &format!("version {newest}, {standing}"));
    if let Some(releases) = record.releases {
        terminal.field("releases", releases.code());
    }
    let label = if speaks { "signs" } else { "named" };
    for identity in &record.identities {
        terminal.field(label, identity);
    }
    for version in &record.versions {
        of_version(version, terminal);
    }
}

fn of_version(version: &Version, terminal: &Terminal) {
    let side = &version.side;
    let mut line = format!("by {}", side.signer);
    if let Some(signed) = side.signed {
        line.push_str(&format!(" on {signed}"));
    }
    if let Some(seen) = version.seen {
        line.push_str(&format!(", first seen {seen}"));
    }
    terminal.field(&format!("v{}", side.version), &line);
    for change in &version.changes {
        terminal.line(&format!("            {change}"));
    }
}
