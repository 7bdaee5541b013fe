//! `cpan-sigstore trust explain`, and `author show --explain`.

use clap::Args;
use cpan_sigstore_core::{
    finding::Exit, reason::Provenance, release::PauseId, verdict::BindingSource,
};
use cpan_sigstore_gate::explain::{Explanation, RecordExplanation, Version};
use jiff::Timestamp;

use crate::{
    error::CommandError,
    flags::{CpanArgs, GateArgs, InstanceArgs},
    session::Session,
    ui::{Terminal, Tone},
};

/// Show the authorized signers of an author, and their source.
///
/// The first source with an answer wins: your pins in policy.toml; the author record, from the trust store,
/// the author index or the author's directory; PAUSE, if the policy enables it; the signer of the first
/// release seen. The command changes nothing in the trust store.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  cpan-sigstore trust explain TIMLEGGE\n  \
    cpan-sigstore trust explain --json TIMLEGGE\n\n\
    Exit codes: 0 there are authorized signers, 1 failed, 2 usage, 3 try again later,\n  \
    12 no source knows this author")]
pub struct ExplainArgs {
    /// PAUSE id of the author
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
pub fn run(args: &ExplainArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let source = Source {
        cpan: &args.cpan,
        gate: &args.gate,
        instance: &args.instance,
    };
    explain(&args.author, &source, args.json, session)
}

/// The flags that an explanation rests on.
pub struct Source<'a> {
    /// The CPAN with the author's directory.
    pub cpan: &'a CpanArgs,
    /// Policy and trust store.
    pub gate: &'a GateArgs,
    /// The Sigstore.
    pub instance: &'a InstanceArgs,
}

/// Prints the authorized signers of an author, and their source.
///
/// # Errors
/// A CPAN, a policy or a trust store that cannot be used.
pub fn explain(
    author: &PauseId,
    source: &Source<'_>,
    json: bool,
    session: &Session<'_>,
) -> Result<Exit, CommandError> {
    let gate = session.gate(source.gate, source.instance, None, false)?;
    let cpan = session.cpan(source.cpan)?;
    let explanation = session.wait(async {
        let records = gate.newer_records::<CommandError>(cpan, author).await?;
        let explained = gate.explain(author, &records, Timestamp::now());
        Ok::<_, CommandError>(explained.await?)
    })?;
    if json {
        session.terminal().json(&explanation);
    } else {
        print(&explanation, session.terminal());
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
            "no source names an authorized signer",
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
        terminal.field(
            "pause",
            &format!("{pause}, if no source above has an answer"),
        );
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
            "cannot verify the records that were found: {untold}"
        ));
    }
    if explanation.source.is_none() {
        terminal.hint(
            "ask the author to publish a record with `cpan-sigstore author enroll`, or pin an identity in policy.toml",
        );
    }
}

fn recorded(record: &RecordExplanation, decides: bool, terminal: &Terminal) {
    let standing = match record.provenance {
        Provenance::Known => "in the trust store",
        Provenance::Index => "in the author index",
        Provenance::Connected => "in the author's directory, signed by the first signer seen",
        Provenance::New => "in the author's directory, never seen before: not yet confirmed",
    };
    let newest = record.versions.last().map_or(0, |it| it.side.version);
    terminal.field("record", &format!("version {newest}, {standing}"));
    if let Some(releases) = record.releases {
        terminal.field("releases", releases.code());
    }
    let label = if decides { "signs" } else { "named" };
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
