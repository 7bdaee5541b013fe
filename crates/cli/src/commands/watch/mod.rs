//! `cpan-sigstore watch`.

mod advice;
mod authors;
mod identities;
mod logged;
mod report;

use std::{path::PathBuf, time::Duration};

use clap::Args;
use cpan_sigstore_core::{finding::Exit, release::PauseId, variable::SecretVariable};
use cpan_sigstore_cpan::Cpan;
use cpan_sigstore_gate::Gate;
use cpan_sigstore_ledger::audit::Fault;
use cpan_sigstore_ledger::{audit::AuditError, reader::ReadError};
use cpan_sigstore_monitor::{Alert, Monitor, Round, Undetermined, WatchError, Webhook};
use jiff::Timestamp;

use self::{
    advice::AdvisedAlert,
    identities::IdentitiesArgs,
    logged::{LogReport, WatchedLog, WatchedLogArgs},
};
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
/// With `--log`, each run also audits a log of the CPAN. It reports files under an author's name that the log has and
/// the author's directory has not. With `--identities`, each run also reads the new entries of Sigstore's logs. It
/// reports signatures under an author's identities that belong to no known release, and logs with two histories.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  cpan-sigstore watch TIMLEGGE\n  \
    cpan-sigstore watch --file authors.txt --webhook https://example.org/alerts\n  \
    cpan-sigstore watch TIMLEGGE --stay --every 300 --json\n  \
    cpan-sigstore watch TIMLEGGE --identities\n\n\
    Exit codes, the highest of all alerts: 0 none, or notices; 1 the network has to be set up;\n\
    3 something was undetermined or not delivered, and the next run tries again; 11 an invalid\n\
    signature; 12 a signature or record by another identity; 13 a release, bundle or record\n\
    that is no longer signed; 14 an archive that changed or is unfit; 15 a logged file that the\n\
    author does not have, or a log that breaks its rules. With --stay, SIGTERM and SIGINT end\n\
    it with 0, and SIGHUP starts a run at once.")]
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
    search: IdentitiesArgs,
    #[command(flatten)]
    log: WatchedLogArgs,
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
        log: args.log.open()?,
        cpan: session.cpan(&args.cpan)?,
        session,
    };
    if args.stay {
        return watch.stay();
    }
    let round = watch.round(std::future::pending())?.unwrap_or_default();
    Ok(report::round(&round, watch.cpan, args.json, terminal))
}

/// The result of a run.
#[derive(Default)]
struct WatchRound {
    round: Round,
    /// The faults of the log.
    faults: Vec<Fault>,
}

/// The parts of a run.
struct Watch<'a> {
    args: &'a WatchArgs,
    authors: Vec<PauseId>,
    webhook: Option<Webhook>,
    log: Option<WatchedLog>,
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
                Ok(Some(round)) => drop(report::round(&round, self.cpan, self.args.json, terminal)),
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
    fn round(&self, end: impl Future<Output = ()>) -> Result<Option<WatchRound>, CommandError> {
        let (args, terminal) = (self.args, self.session.terminal());
        let session = self.session;
        let gate = session.gate(
            &args.gate,
            &args.instance,
            Some(&args.cpan.url),
            args.allow_old_format,
        )?;
        let webhook = self.webhook.as_ref();
        let deliver = async |alert: &Alert| match webhook {
            Some(webhook) => webhook
                .send(&AdvisedAlert::from(alert))
                .await
                .map_err(|error| error.to_string()),
            None => report::alert(alert, args.json, terminal)
                .map_err(|error| format!("cannot write to standard output: {error}")),
        };
        let round = self.checked(&gate, deliver);
        self.session.runtime()?.block_on(async {
            // The next run repeats an unfinished check.
            tokio::select! {
                biased;
                () = end => Ok(None),
                round = round => Ok(Some(round?)),
            }
        })
    }

    /// Checks the log, and then the authors. A log that is of no use keeps no alert back.
    async fn checked(
        &self,
        gate: &Gate,
        mut deliver: impl AsyncFnMut(&Alert) -> Result<(), String>,
    ) -> Result<WatchRound, WatchError> {
        let report = match &self.log {
            Some(log) => Some(log.read(&self.authors, Timestamp::now()).await),
            None => None,
        };
        let (mut faults, mut logged, mut unread) = (Vec::new(), None, None);
        match report {
            Some(LogReport::Sound(files)) => logged = Some(files),
            Some(LogReport::Unsound(found)) => faults = found,
            Some(LogReport::Unread(error)) => {
                let fault = match &error {
                    AuditError::Read(ReadError::Http(http)) => http.setup_fault(),
                    _ => None,
                };
                unread = Some(Undetermined {
                    fault,
                    ..Undetermined::all(format!("cannot audit the log: {error}"))
                });
            }
            None => {}
        }
        let monitor = Monitor {
            cpan: self.cpan,
            gate,
            logged,
            clock: Timestamp::now,
        };
        let mut round = monitor.round(&self.authors, &mut deliver).await?;
        if let Some(search) = self.args.search.search() {
            // The check before it has found the files of the authors.
            let found = monitor.search(&self.authors, &search, deliver).await?;
            round.extend(found);
        }
        round.undetermined.extend(unread);
        Ok(WatchRound { round, faults })
    }
}
