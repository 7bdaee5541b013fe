//! The log of the CPAN, beside the watched authors.

use std::path::PathBuf;

use clap::Args;
use cpan_sigstore_core::{digest::Sha256Digest, release::PauseId};
use cpan_sigstore_ledger::{
    audit::{Audit, AuditError, AuditFolder, Auditor, Fault},
    reader::LogReader,
};
use cpan_sigstore_monitor::{LoggedFile, LoggedFiles};
use cpan_sigstore_tlog::{key::VerifierKey, leaf::Leaf, policy::LogPolicy};
use jiff::Timestamp;

use crate::{commands::read_log_policy, error::CommandError, folders};

/// Hexadecimal digits of a log's key in the name of its folder.
const NAME_DIGITS: usize = 16;

/// A log to compare with the authors' files.
#[derive(Args, Debug)]
pub struct WatchedLogArgs {
    /// Log of the CPAN, to report each file that was ever logged under the authors' names and that they do not have
    #[arg(long, value_name = "DIR|URL", requires = "WatchedLogKeyArgs")]
    log: Option<String>,
    #[command(flatten)]
    key: WatchedLogKeyArgs,
    /// Folder of the audited log [default: a folder in the data folder]
    #[arg(long, value_name = "DIR", requires = "log")]
    log_state: Option<PathBuf>,
}

/// The trust in that log.
#[derive(Args, Debug)]
#[group(multiple = false)]
pub struct WatchedLogKeyArgs {
    /// Policy file (C2SP tlog-policy) with the log, witnesses and quorum
    #[arg(long, value_name = "FILE", requires = "log")]
    log_policy: Option<PathBuf>,
    /// Public key of the log (NAME+ID+BASE64), without witnesses
    #[arg(long, value_name = "KEY", requires = "log")]
    log_key: Option<VerifierKey>,
}

/// A log that is watched.
pub struct WatchedLog {
    reader: LogReader,
    policy: LogPolicy,
    folder: AuditFolder,
}

/// The result of an audit of the log.
pub enum LogReport {
    /// It has no fault.
    Sound(LoggedFiles),
    /// It breaks its rules.
    Unsound(Vec<Fault>),
    /// It cannot be read.
    Unread(AuditError),
}

impl WatchedLogArgs {
    /// Opens the log; `None` without one.
    ///
    /// # Errors
    /// An invalid address or policy.
    pub fn open(&self) -> Result<Option<WatchedLog>, CommandError> {
        let Some(place) = &self.log else {
            return Ok(None);
        };
        let policy = match (&self.key.log_policy, &self.key.log_key) {
            (Some(path), _) => read_log_policy(path)?,
            (None, Some(key)) => LogPolicy::of_log(key.clone()),
            (None, None) => return Err(CommandError::usage("missing log policy".to_owned())),
        };
        let folder = match &self.log_state {
            Some(folder) => folder.clone(),
            None => folders::data()?.join("logs").join(name(&policy)),
        };
        Ok(Some(WatchedLog {
            reader: LogReader::at(place)?,
            policy,
            folder: AuditFolder::at(folder),
        }))
    }
}

/// The name of a log's folder, by its key.
fn name(policy: &LogPolicy) -> String {
    let keys: String = policy
        .logs()
        .iter()
        .map(|log| log.key.to_string())
        .collect();
    let digest = Sha256Digest::of(keys.as_bytes()).to_string();
    digest
        .trim_start_matches("sha256:")
        .chars()
        .take(NAME_DIGITS)
        .collect()
}

impl WatchedLog {
    /// Audits the log, and returns the leaves of the authors. `authors` is sorted.
    pub async fn read(&self, authors: &[PauseId], now: Timestamp) -> LogReport {
        let is_theirs =
            |leaf: &Leaf| author(leaf).is_some_and(|author| authors.binary_search(&author).is_ok());
        let auditor = Auditor {
            log: &self.reader,
            policy: &self.policy,
            known: &[],
            folder: Some(&self.folder),
            select: &is_theirs,
            now: u64::try_from(now.as_second()).unwrap_or(0),
        };
        match auditor.run().await {
            Ok(audit) if audit.faults.is_empty() => LogReport::Sound(self.files(&audit)),
            Ok(audit) => LogReport::Unsound(audit.faults),
            Err(error) => LogReport::Unread(error),
        }
    }

    fn files(&self, audit: &Audit) -> LoggedFiles {
        let origin = audit.checkpoint.origin();
        let log = self.policy.log(origin);
        let mut files = LoggedFiles {
            log: log.map_or_else(|| origin.to_owned(), |log| log.key.to_string()),
            origin: origin.to_owned(),
            size: audit.checkpoint.tree().size,
            ..LoggedFiles::default()
        };
        for (index, leaf) in &audit.selected {
            let Some(author) = author(leaf) else { continue };
            let time = i64::try_from(leaf.time()).ok();
            let time = time.and_then(|seconds| Timestamp::from_second(seconds).ok());
            files.files.entry(author).or_default().push(LoggedFile {
                index: *index,
                path: leaf.path().to_string(),
                digest: leaf.digest(),
                time: time.unwrap_or(Timestamp::MAX),
            });
        }
        files
    }
}

/// The author of a logged file.
fn author(leaf: &Leaf) -> Option<PauseId> {
    let mut parts = leaf.path().as_str().strip_prefix("authors/id/")?.split('/');
    parts.nth(2)?.parse().ok()
}
