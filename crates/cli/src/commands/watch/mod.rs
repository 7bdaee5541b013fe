//! `cpan-sigstore watch`.

mod advice;
mod authors;
mod report;

use std::{path::PathBuf, time::Duration};

use clap::Args;
use cpan_sigstore_core::{finding::Exit, release::PauseId, variable::SecretVariable};
use cpan_sigstore_cpan::Cpan;
use cpan_sigstore_monitor::{Alert, Monitor, Round, Webhook};
use jiff::Timestamp;

use self::advice::AdvisedAlert;
use crate::{
    error::CommandError,
    flags::{CpanArgs, GateArgs, InstanceArgs},
    session::Session,
    signals::Signals,
};

/// Watch authors for suspicious changes on CPAN.
///
/// The first run verifies the releases of an author, and takes them as the baseline. Later runs report each change
/// once: an unsigned release by an author who signs, a signature by another identity, and a bundle or author
/// record that was replaced, deleted or contradicted. New versions of the author record are notices. Signatures
/// are checked as by `verify`, and signers are added to the trust store. It also has the state of the watch.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  cpan-sigstore watch TIMLEGGE\n  \
    cpan-sigstore watch --file authors.txt --webhook https://example.org/alerts\n  \
    cpan-sigstore watch TIMLEGGE --stay --every 300 --json\n\n\
    Exit codes, the highest of all alerts: 0 none, or notices; 3 something was undetermined or\n\
    not delivered, and the next run tries again; 11 an invalid signature; 12 a signature or\n\
    record by another identity; 13 a release, bundle or record that is no longer signed;\n\
    14 an archive that changed or is unfit. With --stay, SIGTERM and SIGINT end it with 0,\n\
    and SIGHUP starts a run at once.")]
pub struct WatchArgs {
    /// PAUSE ids of the authors
    #[arg(value_name = "AUTHOR")]
    authors: Vec<PauseId>,
    /// File with more authors, one on each line; a `#` starts a comment
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Print each alert as one JSON object on a line
    #[arg(long, conflicts_with = "webhook")]
    json: bool,
    /// Address for alerts, each sent by POST as a JSON object instead of printed; failed deliveries are retried
    /// by the next run
    #[arg(
        long,
        value_name = "URL",
        env = SecretVariable::CPAN_SIGSTORE_WEBHOOK.name(),
        hide_env_values = true
    )]
    webhook: Option<String>,
    /// Keep running, and check again and again
    #[arg(long)]
    stay: bool,
    /// Time between two runs
    #[arg(long, value_name = "SECONDS", default_value_t = 900, requires = "stay",
        value_parser = clap::value_parser!(u64).range(1..))]
    every: u64,
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
pub fn run(args: &WatchArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let terminal = session.terminal();
    let authors = authors::gathered(&args.authors, args.file.as_deref())?;
    let webhook = args.webhook.as_deref().map(Webhook::at).transpose()?;
    let watch = Watch {
        args,
        authors,
        webhook,
        cpan: session.cpan(&args.cpan)?,
        session,
    };
    if args.stay {
        return watch.stay();
    }
    let round = watch.round(std::future::pending())?.unwrap_or_default();
    Ok(report::round(&round, watch.cpan, terminal))
}

/// The parts of a run.
struct Watch<'a> {
    args: &'a WatchArgs,
    authors: Vec<PauseId>,
    webhook: Option<Webhook>,
    cpan: &'a Cpan,
    session: &'a Session<'a>,
}

impl Watch<'_> {
    /// Runs again and again until a signal ends it.
    fn stay(&self) -> Result<Exit, CommandError> {
        let mut signals = Signals::new(self.session.runtime()?)?;
        let terminal = self.session.terminal();
        let every = Duration::from_secs(self.args.every);
        loop {
            match self.round(signals.end()) {
                Ok(Some(round)) => drop(report::round(&round, self.cpan, terminal)),
                Ok(None) => return Ok(Exit::Success),
                // The next run may succeed.
                Err(error) => terminal.error(&error, error.hints()),
            }
            terminal.flush();
            if !self.session.runtime()?.block_on(signals.is_due(every)) {
                return Ok(Exit::Success);
            }
        }
    }

    /// Runs once, with the current policy and trust material; `None` if a signal ended it.
    fn round(&self, end: impl Future<Output = ()>) -> Result<Option<Round>, CommandError> {
        let (args, terminal) = (self.args, self.session.terminal());
        let session = self.session;
        let gate = session.gate(
            &args.gate,
            &args.instance,
            Some(&args.cpan.url),
            args.allow_old_format,
        )?;
        let monitor = Monitor {
            cpan: self.cpan,
            gate: &gate,
            clock: Timestamp::now,
        };
        let webhook = self.webhook.as_ref();
        let deliver = async |alert: &Alert| match webhook {
            Some(webhook) => webhook
                .send(&AdvisedAlert::from(alert))
                .await
                .map_err(|error| error.to_string()),
            None => report::alert(alert, args.json, terminal)
                .map_err(|error| format!("cannot write to standard output: {error}")),
        };
        let round = monitor.round(&self.authors, deliver);
        self.session.runtime()?.block_on(async {
            // The next run repeats an unfinished check.
            tokio::select! {
                biased;
                () = end => Ok(None),
                round = round => Ok(Some(round?)),
            }
        })
    }
}
