//! The errors of the CPAN log, each with the exit code and the hint of this program.

use cpan_sigstore_core::finding::Exit;
use cpan_sigstore_files::LockError;
use cpan_sigstore_gate::LogSetupError;
use cpan_sigstore_ledger::{
    LedgerError,
    append::AppendError,
    audit::{AuditError, FolderError},
    prove::ProveError,
    reader::ReadError,
    scan::ScanError,
    witnesses::{PublishError, WitnessError},
};
use cpan_sigstore_tlog::{
    key::KeyError,
    policy::{CheckpointError, PolicyError},
};

use super::CommandError;

/// What to do with an old state.
const OLD_STATE: &str =
    "use the newest state of this log; to continue from an old one would be a fork";

/// Whether a witness knows a tree of the log that this state lacks.
fn knows_more(error: &WitnessError) -> bool {
    matches!(
        error,
        WitnessError::Ahead { .. } | WitnessError::Contradicts { .. }
    )
}

impl From<LedgerError> for CommandError {
    fn from(error: LedgerError) -> Self {
        let hint = match &error {
            LedgerError::NoState => {
                "name the folder of its state with `--state DIR`, or create a log with `cpan-sigstore log init`"
            }
            LedgerError::Exists => "append to it with `cpan-sigstore log append`",
            LedgerError::OldState { .. } | LedgerError::OtherTree(_) => OLD_STATE,
            LedgerError::Damaged { .. } => {
                "restore the files of the log from a copy that `cpan-sigstore log audit` finds sound"
            }
            LedgerError::ClockBehind { .. } => "set the clock of this machine",
            LedgerError::Overtaken => return Self::new(Exit::TryLater, error),
            _ => return Self::failed(error),
        };
        Self::failed(error).hinted(hint)
    }
}

impl From<LogSetupError> for CommandError {
    fn from(error: LogSetupError) -> Self {
        Self::new(Exit::Usage, error).hinted("correct the address in the tlog-policy")
    }
}

impl From<ScanError> for CommandError {
    fn from(error: ScanError) -> Self {
        match error {
            ScanError::Cpan(error) => error.into(),
            error => Self::failed(error),
        }
    }
}

impl From<AppendError> for CommandError {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Ledger(error) => error.into(),
            AppendError::Scan(error) => error.into(),
        }
    }
}

impl From<PublishError> for CommandError {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::Ledger(error) => error.into(),
            PublishError::Quorum { ref refused, .. } if refused.iter().any(|(_, why)| knows_more(why)) => {
                Self::failed(error).hinted(OLD_STATE)
            }
            PublishError::Quorum { .. } => Self::new(Exit::TryLater, error)
                .hinted("run the command again; the new leaves are committed, and wait for their cosignatures"),
        }
    }
}

impl From<ReadError> for CommandError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Http(error) => error.into(),
            ReadError::Checkpoint(error) => error.into(),
            error @ ReadError::Address(_) => Self::new(Exit::Usage, error),
            error @ ReadError::Tile(_) => Self::new(Exit::Log, error),
            error => Self::failed(error),
        }
    }
}

impl From<CheckpointError> for CommandError {
    fn from(error: CheckpointError) -> Self {
        Self::new(Exit::Log, error).hinted(
            "compare the key and the witnesses with those that the log's operator publishes",
        )
    }
}

impl From<ProveError> for CommandError {
    fn from(error: ProveError) -> Self {
        match error {
            ProveError::Read(error) => error.into(),
            error @ ProveError::Unlogged(_) => Self::failed(error),
            error @ ProveError::Unproven { .. } => {
                Self::new(Exit::Log, error).hinted("audit the log with `cpan-sigstore log audit`")
            }
        }
    }
}

impl From<AuditError> for CommandError {
    fn from(error: AuditError) -> Self {
        match error {
            AuditError::Read(error) => error.into(),
            AuditError::Scan(error) => error.into(),
            AuditError::Folder(FolderError::Lock(error)) => error.into(),
            error @ AuditError::OtherLog { .. } => {
                Self::new(Exit::Usage, error).hinted("use another state folder for each log")
            }
            error @ (AuditError::TooLarge(_) | AuditError::Folder(_)) => Self::failed(error),
        }
    }
}

impl From<LockError> for CommandError {
    fn from(error: LockError) -> Self {
        let exit = match error {
            LockError::Held { .. } => Exit::TryLater,
            LockError::Open { .. } | LockError::Lock { .. } => Exit::Failed,
        };
        Self::new(exit, error)
    }
}

impl From<KeyError> for CommandError {
    fn from(error: KeyError) -> Self {
        Self::new(Exit::Usage, error)
    }
}

impl From<PolicyError> for CommandError {
    fn from(error: PolicyError) -> Self {
        Self::new(Exit::Usage, error)
    }
}
