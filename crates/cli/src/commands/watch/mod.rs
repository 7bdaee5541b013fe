//! `cpan-sigstore watch`.

mod authors;
mod report;

use std::{path::PathBuf, time::Duration};

use clap::Args;
use cpan_sigstore_core::{finding::Exit, release::PauseId};
use cpan_sigstore_cpan::Cpan;
use cpan_sigstore_monitor::{Alert, Kept, Round, Watcher, Webhook};
use jiff::Timestamp;
use tokio::runtime::Runtime;

use crate::{
    failure::Failure,
    folders,
    gate_args::GateArgs,
    instance_args::{InstanceArgs, runtime},
    pause_args::CpanArgs,
    signals::Signals,
    terminal::Terminal,
};

/// Hear of what happens to an author's releases, bundles and records on CPAN.
///
/// The first look at an author verifies what is there and takes it as the starting point; after that each
/// change is told once: an unsigned release by an author who signs, a signature by somebody else, a bundle
/// or an author record that was replaced, dropped or contradicted, and, as a notice, every new version of the
/// author's record. Whose signature it is says the gate, which remembers who signed as `verify` does.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  cpan-sigstore watch TIMLEGGE\n  \
    cpan-sigstore watch --file authors.txt --webhook https://example.org/alerts\n  \
    cpan-sigstore watch TIMLEGGE --stay --every 300 --json\n\n\
    Exit codes, the highest of what was told: 0 nothing, or notices; 3 something could not be\n\
    told or delivered, and is tried again by the next run; 11 a signature that proves nothing;\n\
    12 a signature or a record by somebody else; 13 a release, bundle or record that is not\n\
    signed any more; 14 an archive that is not what it was or should be. With --stay it ends by\n\
    SIGTERM or SIGINT, with 0; SIGHUP has it look at once.")]
pub struct WatchArgs {
    /// The authors, by their PAUSE ids
    #[arg(value_name = "AUTHOR")]
    authors: Vec<PauseId>,
    /// More of them, one a line; what follows a `#` is a comment
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Print each alert as one JSON object on a line
    #[arg(long, conflicts_with = "webhook")]
    json: bool,
    /// Send each alert by POST as a JSON object instead of printing it; one that is not taken with a
    /// status of success is kept for the next look
    #[arg(
        long,
        value_name = "URL",
        env = "CPAN_SIGSTORE_WEBHOOK",
        hide_env_values = true
    )]
    webhook: Option<String>,
    /// Stay, and look again and again
    #[arg(long)]
    stay: bool,
    /// How long it waits between two looks
    #[arg(long, value_name = "SECONDS", default_value_t = 900, requires = "stay",
        value_parser = clap::value_parser!(u64).range(1..))]
    every: u64,
    /// Where it is remembered what was seen, if not in watch.json in the user's data folder
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    #[command(flatten)]
    cpan: CpanArgs,
    #[command(flatten)]
    gate: GateArgs,
    #[command(flatten)]
    instance: InstanceArgs,
    /// Accept cosign's old bundles, which have no inclusion proof
    #[arg(long)]
    allow_old_format: bool,
}

/// Runs the command.
pub fn run(args: &WatchArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let authors = authors::gathered(&args.authors, args.file.as_deref())?;
    let webhook = args.webhook.as_deref().map(Webhook::at).transpose()?;
    let cpan = args.cpan.open()?;
    let state = match &args.state {
        Some(file) => file.clone(),
        None => folders::data()?.join("watch.json"),
    };
    let mut watch = Watch {
        args,
        authors,
        webhook,
        cpan,
        kept: Kept::open(&state)?,
        runtime: runtime()?,
        terminal,
    };
    if args.stay {
        return watch.stay();
    }
    let round = watch.round(std::future::pending())?.unwrap_or_default();
    Ok(report::round(&round, &watch.cpan, terminal))
}

/// All that a look needs.
struct Watch<'a> {
    args: &'a WatchArgs,
    authors: Vec<PauseId>,
    webhook: Option<Webhook>,
    cpan: Cpan,
    kept: Kept,
    runtime: Runtime,
    terminal: &'a Terminal,
}

impl Watch<'_> {
    /// Looks again and again until it is told to end.
    fn stay(&mut self) -> Result<Exit, Failure> {
        let mut signals = Signals::new(&self.runtime)?;
        let every = Duration::from_secs(self.args.every);
        loop {
            match self.round(signals.end()) {
                Ok(Some(round)) => drop(report::round(&round, &self.cpan, self.terminal)),
                Ok(None) => return Ok(Exit::Success),
                // What was wrong may be mended by the next look.
                Err(failure) => self.terminal.failure(&failure),
            }
            self.terminal.flush();
            if !self.runtime.block_on(signals.is_due(every)) {
                return Ok(Exit::Success);
            }
        }
    }

    /// Looks once, with policy and trust material as they are now; `None` where it was ended before.
    fn round(&mut self, end: impl Future<Output = ()>) -> Result<Option<Round>, Failure> {
        let (args, terminal) = (self.args, self.terminal);
        let gate = args.gate.open(
            &args.instance,
            args.allow_old_format,
            &self.runtime,
            terminal,
        )?;
        let watcher = Watcher {
            cpan: &self.cpan,
            gate: &gate,
            clock: Timestamp::now,
        };
        let webhook = self.webhook.as_ref();
        let deliver = async |alert: &Alert| match webhook {
            Some(webhook) => webhook.send(alert).await.map_err(|error| error.to_string()),
            None => report::alert(alert, args.json, terminal)
                .map_err(|error| format!("expected to write to standard output: {error}")),
        };
        let look = watcher.round(&self.authors, &mut self.kept, deliver);
        self.runtime.block_on(async {
            // Whatever is under way then is looked at again by the next run.
            tokio::select! {
                biased;
                () = end => Ok(None),
                round = look => Ok(Some(round?)),
            }
        })
    }
}
