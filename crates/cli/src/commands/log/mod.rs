//! `cpan-sigstore log`: the log of all files of a CPAN.

mod append;
mod audit;
mod claims;
mod init;
mod proofs;
mod prove;
mod verify;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use cpan_sigstore_core::finding::Exit;
use cpan_sigstore_cpan::Cpan;
use cpan_sigstore_ledger::Unread;
use cpan_sigstore_tlog::{
    key::{SigningKey, VerifierKey},
    policy::{LogPolicy, POLICY_LIMIT},
};

use crate::{
    error::CommandError,
    session::Session,
    ui::{Terminal, Tone},
};

pub use audit::report;
pub use claims::inspect;

/// Largest key that is read, in bytes.
const KEY_LIMIT: u64 = 4096;

/// Write, prove and audit a log of a CPAN.
///
/// A log states which bytes everybody gets under a path. It has a line for each archive, bundle, author record and
/// package index, and can only grow. It is a folder of static files, which any web server can serve.
#[derive(Subcommand, Debug)]
#[command(after_help = "Examples:\n  \
    cpan-sigstore log init --log /srv/log --origin cpan.example/log --key log.key\n  \
    cpan-sigstore log append --cpan /srv/CPAN --log /srv/log --key log.key\n  \
    cpan-sigstore log audit --log https://cpan.example/log/ --log-policy policy.txt")]
pub enum LogCommand {
    Init(init::InitArgs),
    Append(Box<append::AppendArgs>),
    Prove(prove::ProveArgs),
    Verify(verify::VerifyArgs),
    Audit(Box<audit::AuditArgs>),
}

/// Runs the subcommand.
pub fn run(command: &LogCommand, session: &Session<'_>) -> Result<Exit, CommandError> {
    match command {
        LogCommand::Init(args) => init::run(args, session),
        LogCommand::Append(args) => append::run(args, session),
        LogCommand::Prove(args) => prove::run(args, session),
        LogCommand::Verify(args) => verify::run(args, session),
        LogCommand::Audit(args) => audit::run(args, session),
    }
}

/// The logs that are trusted.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub struct TrustedLogArgs {
    /// Policy file (C2SP tlog-policy) with logs, witnesses and quorum
    #[arg(long, value_name = "FILE")]
    log_policy: Option<PathBuf>,
    /// Public key of the log (NAME+ID+BASE64), without witnesses
    #[arg(long, value_name = "KEY")]
    log_key: Option<VerifierKey>,
}

impl TrustedLogArgs {
    fn policy(&self) -> Result<LogPolicy, CommandError> {
        match (&self.log_policy, &self.log_key) {
            (Some(path), _) => read_policy(path),
            (None, Some(key)) => Ok(LogPolicy::of_log(key.clone())),
            (None, None) => Err(CommandError::usage("missing log policy".to_owned())),
        }
    }
}

/// The folders of a log, and its key.
#[derive(Args, Debug)]
pub struct OwnLogArgs {
    /// Folder of the log
    #[arg(long = "log", value_name = "DIR")]
    log: PathBuf,
    /// Folder of the writer's state, which is not served [default: the log's folder with .state behind it]
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Private key of the log
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
}

impl OwnLogArgs {
    fn state(&self) -> PathBuf {
        self.state.clone().unwrap_or_else(|| {
            let mut state = self.log.clone().into_os_string();
            state.push(".state");
            state.into()
        })
    }

    fn read_key(&self) -> Result<SigningKey, CommandError> {
        let bytes = cpan_sigstore_files::read_limited(&self.key, KEY_LIMIT)
            .and_then(|bytes| bytes.ok_or_else(cpan_sigstore_files::no_such_file))
            .map_err(CommandError::read(&self.key))?;
        let text = String::from_utf8_lossy(&bytes);
        Ok(SigningKey::parse(text.trim_end())?)
    }
}

/// Reads the policy of logs and witnesses in a file.
///
/// # Errors
/// No such file, or no policy.
pub fn read_policy(path: &Path) -> Result<LogPolicy, CommandError> {
    let bytes = cpan_sigstore_files::read_limited(path, POLICY_LIMIT as u64)
        .and_then(|bytes| bytes.ok_or_else(cpan_sigstore_files::no_such_file))
        .map_err(CommandError::read(path))?;
    Ok(String::from_utf8_lossy(&bytes).parse::<LogPolicy>()?)
}

fn open_cpan(place: &str) -> Result<Cpan, CommandError> {
    if place.contains("://") {
        return Ok(Cpan::at(place)?);
    }
    let folder = std::fs::canonicalize(place).map_err(CommandError::read(place))?;
    Ok(Cpan::in_folder(folder))
}

fn print_unread(unread: &[Unread], terminal: &Terminal) {
    for Unread { reason, .. } in unread {
        terminal.headline(Tone::Bad, "unread", reason);
    }
}

/// Returns the time in Unix seconds.
fn now() -> u64 {
    u64::try_from(jiff::Timestamp::now().as_second()).unwrap_or(0)
}

/// Returns a time as a person reads it.
fn shown_time(seconds: u64) -> String {
    let time = i64::try_from(seconds)
        .ok()
        .and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    time.map_or_else(|| seconds.to_string(), |time| time.to_string())
}
