//! `cpan-sigstore author show`.

use clap::Args;
use cpan_sigstore_core::{finding::Exit, release::PauseId};
use cpan_sigstore_gate::RecordFile;
use cpan_sigstore_keyless::verify::Verifier;
use cpan_sigstore_records::{
    chain::{RecordChain, RecordSummary, SignedRecord},
    record::Change,
};
use jiff::Timestamp;
use serde::Serialize;

use crate::{
    author_records::Found,
    failure::Failure,
    gate_args::TrustStoreArgs,
    instance_args::{InstanceArgs, runtime},
    pause_args::CpanArgs,
    terminal::{Terminal, Tone},
};

/// Show what an author says of who signs, and how it came to that.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  cpan-sigstore author show TIMLEGGE\n\n\
    Exit codes: 0 there is a record, 1 failed, 2 usage, 3 try again later, 10 there is none")]
pub struct ShowArgs {
    /// The author
    #[arg(value_name = "AUTHOR")]
    author: PauseId,
    #[command(flatten)]
    looking: LookingArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Where records are looked for.
#[derive(Args, Debug)]
pub struct LookingArgs {
    #[command(flatten)]
    cpan: CpanArgs,
    #[command(flatten)]
    memory: TrustStoreArgs,
    #[command(flatten)]
    instance: InstanceArgs,
}

impl LookingArgs {
    /// What there is of an author.
    ///
    /// # Errors
    /// Where it cannot be told.
    pub fn look(&self, author: &PauseId, terminal: &Terminal) -> Result<Found, Failure> {
        let verifier = Verifier::new(&self.instance.trusted_root(terminal)?)?;
        let cpan = self.cpan.open()?;
        runtime()?.block_on(async {
            let memory = self.memory.open().await?;
            Found::at(&cpan, author, &memory, &verifier).await
        })
    }

    /// The same of files, without asking a CPAN.
    ///
    /// # Errors
    /// Where trust material or memory cannot be used.
    pub fn look_at(
        &self,
        author: &PauseId,
        files: &[RecordFile],
        terminal: &Terminal,
    ) -> Result<Found, Failure> {
        let verifier = Verifier::new(&self.instance.trusted_root(terminal)?)?;
        let known = runtime()?.block_on(async {
            let memory = self.memory.open().await?;
            Ok::<_, Failure>(memory.record_chain(author).await?)
        })?;
        Ok(Found::among(files, known, &verifier))
    }
}

/// What is printed for machines.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Shown<'a> {
    author: &'a PauseId,
    version: u32,
    releases: Option<&'static str>,
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
pub fn run(args: &ShowArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let found = args.looking.look(&args.author, terminal)?;
    let shown = Shown {
        author: &args.author,
        version: found.history.version(),
        releases: found.history.releases().map(|it| it.code()),
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
        terminal.headline(Tone::Careful, author, "has no record of who signs");
    } else {
        let line = format!("says who signs, in version {}", shown.version);
        terminal.headline(Tone::Good, author, &line);
    }
    for named in &shown.identities {
        let label = if named.counts_now { "signs" } else { "retired" };
        terminal.field(label, &named.identity);
    }
    if let Some(releases) = shown.releases {
        terminal.field("releases", releases);
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
        terminal.warning(&format!("does not count: {disputed}"));
    }
    if shown.version == 0 {
        terminal.hint("the author can say who signs with `cpan-sigstore author enroll`");
    }
}
