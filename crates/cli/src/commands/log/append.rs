//! `cpan-sigstore log append`.

use std::path::{Path, PathBuf};

use clap::Args;
use cpan_sigstore_core::{finding::Exit, variable::SecretVariable};
use cpan_sigstore_cpan as cpan;
use cpan_sigstore_ledger::{
    LogWriter,
    append::{Append, Appended},
    reader::LogReader,
    store::DiskStore,
    witnesses::{Published, publish},
};
use cpan_sigstore_tlog::policy::LogPolicy;
use serde::Serialize;

use super::{OwnLogArgs, now, open_cpan, print_unread, proofs::ProofFolder, read_policy};
use crate::{
    error::CommandError,
    session::Session,
    ui::{Terminal, Tone, progress::Progress},
};

/// Append the new files of a CPAN to a log.
///
/// The first run logs every file. Later runs read the files RECENT and log only new files; without RECENT they list
/// the whole CPAN, and read no archive twice. An interrupted run resumes. If a policy names witnesses, the new
/// checkpoint is published when its quorum has cosigned it.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  cpan-sigstore log append --cpan /srv/CPAN --log /srv/log --key log.key\n\n\
    Exit codes: 0 appended, 1 failed or not all files read, 2 usage, 3 too few witnesses, 15 an archive has other bytes than the log"
)]
pub struct AppendArgs {
    /// CPAN: a folder, or an address
    #[arg(long, value_name = "DIR|URL", env = SecretVariable::CPAN_SIGSTORE_CPAN.name(), default_value = cpan::DEFAULT, hide_env_values = true)]
    cpan: String,
    #[command(flatten)]
    log: OwnLogArgs,
    /// Policy file (C2SP tlog-policy) with witnesses and quorum [default: no witnesses]
    #[arg(long, value_name = "FILE")]
    log_policy: Option<PathBuf>,
    /// Folder for a proof of each new file, by its path
    #[arg(long, value_name = "DIR")]
    proofs: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// What the program reports to machines.
#[derive(Serialize)]
struct Report<'a> {
    origin: &'a str,
    size: u64,
    root: String,
    #[serde(flatten)]
    appended: &'a Appended,
    refused: Vec<Refused>,
}

/// A witness that did not cosign.
#[derive(Serialize)]
struct Refused {
    witness: String,
    reason: String,
}

/// Runs the command.
pub fn run(args: &AppendArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let key = args.log.read_key()?;
    let policy = match &args.log_policy {
        Some(path) => read_policy(path)?,
        None => LogPolicy::of_log(key.verifier().clone()),
    };
    let cpan = open_cpan(&args.cpan)?;
    let store = DiskStore::new(&args.log.log, args.log.state());
    let _lock = store.lock()?;
    let mut writer = LogWriter::open(&store, &key)?;
    let before = published_size(&args.log.log, &policy, session)?;
    let bar = Progress::of_authors("logging files");
    let plan = Append {
        writer: &mut writer,
        cpan: &cpan,
        clock: &now,
        progress: &|done, of| bar.of(done, of),
    };
    let runtime = session.runtime()?;
    let appended = runtime.block_on(plan.run());
    bar.end();
    let appended = appended?;
    let proofs = args.proofs.as_deref().map(|folder| ProofFolder {
        folder,
        store: &store,
    });
    if let Some(proofs) = &proofs {
        proofs.begin(before)?;
    }
    let published = runtime.block_on(publish(&writer, &policy));
    let tree = writer.tree();
    let report = Report {
        origin: key.verifier().name(),
        size: tree.size,
        root: tree.root.to_string(),
        appended: &appended,
        refused: published.as_ref().map(refused).unwrap_or_default(),
    };
    match args.json {
        true => session.terminal().json(&report),
        false => print(&report, session.terminal()),
    }
    // The next append may not read a changed archive again, so a missing quorum must not hide it.
    published.map_err(|error| match appended.changed.is_empty() {
        true => error.into(),
        false => CommandError::new(Exit::Log, error),
    })?;
    if let Some(proofs) = &proofs {
        runtime.block_on(proofs.write(&args.log.log, &policy))?;
    }
    Ok(if !appended.changed.is_empty() {
        Exit::Log
    } else if !appended.unread.is_empty() {
        Exit::Failed
    } else {
        Exit::Success
    })
}

/// The size of the published tree; 0 if none satisfies the policy.
fn published_size(
    log: &Path,
    policy: &LogPolicy,
    session: &Session<'_>,
) -> Result<u64, CommandError> {
    let reader = LogReader::at(&log.display().to_string())?;
    let checkpoint = session.runtime()?.block_on(reader.checkpoint(policy));
    Ok(checkpoint.map_or(0, |checkpoint| checkpoint.tree().size))
}

fn refused(published: &Published) -> Vec<Refused> {
    let refused = published.refused.iter();
    refused
        .map(|(witness, error)| Refused {
            witness: witness.clone(),
            reason: error.to_string(),
        })
        .collect()
}

fn print(report: &Report<'_>, terminal: &Terminal) {
    let appended = report.appended;
    let word = if appended.leaves == 0 {
        "unchanged"
    } else {
        "appended"
    };
    terminal.headline(
        Tone::Good,
        word,
        &format!("{}, {} leaves", report.origin, report.size),
    );
    terminal.field("root", &report.root);
    if appended.leaves > 0 {
        terminal.field(
            "new",
            &format!(
                "{} archives, {} bundles, {} author records, {} package indexes",
                appended.archives, appended.bundles, appended.records, appended.package_indexes
            ),
        );
    }
    terminal.field("read", &format!("{} files", appended.read));
    for refused in &report.refused {
        let text = format!("{}: {}", refused.witness, refused.reason);
        terminal.headline(Tone::Careful, "no cosignature", &text);
    }
    print_unread(&appended.unread, terminal);
    for changed in &appended.changed {
        let text = format!(
            "{} has {}, the log has {}",
            changed.path, changed.found, changed.logged
        );
        terminal.headline(Tone::Bad, "log-mismatch", &text);
    }
    terminal.flush();
}
