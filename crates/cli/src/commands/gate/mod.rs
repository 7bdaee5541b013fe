//! `cpan-sigstore gate`.

mod answer;
mod deadline;
mod mail;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use cpan_sigstore_core::{finding::Exit, text::shown_path};
use cpan_sigstore_cpan::Cpan;
use cpan_sigstore_gate::server::{
    FIRST_RECORD_WAIT, ServerGate, ServerGateError, UploadKind, UploadPath, UploadedFile,
};
use jiff::{SignedDuration, Timestamp};

use crate::{
    error::CommandError,
    flags::{GateArgs, InstanceArgs, PolicyArgs, TrustStoreArgs},
    session::Session,
};
use answer::Answer;

/// Longest time limit, in seconds.
const LONGEST: i64 = 3600;
/// Longest wait for a first record, in hours.
const LONGEST_WAIT: i64 = 24 * 365;

/// Decide whether PAUSE may publish an uploaded file.
///
/// PAUSE calls it for each archive, bundle and author record in its queue, before it unpacks or publishes the file.
/// Bundle and author records are read from the published files alone, and nothing from the network. One JSON
/// object states the answer, and the exit code says the same. The operators' page `pause-gate.md` explains both.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  cpan-sigstore gate --kind release --path T/TI/TIMLEGGE/Foo-1.0.tar.gz \\\n    \
    --file /tmp/upload --cpan /srv/pub/PAUSE --timeout 20\n\n\
    Exit codes: 0 accept, 3 later, 10 to 14 reject, with the meaning of `verify`;\n  \
    all others are no answer: 1 failed, or not ready in time, 2 usage"
)]
pub struct GateCommand {
    /// What the file is
    #[arg(long, value_name = "KIND")]
    kind: Kind,
    /// Path at which the file would be published, below authors/id
    #[arg(long, value_name = "PATH")]
    path: String,
    /// File with the bytes that would be published
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
    /// Folder of the published files, which has authors/id
    #[arg(long, value_name = "DIR")]
    cpan: PathBuf,
    /// Seconds after which the program ends without an answer
    #[arg(long, value_name = "SECONDS", default_value_t = 20, value_parser = clap::value_parser!(i64).range(1..=LONGEST))]
    timeout: i64,
    /// Hours until the first record of an author is in effect
    #[arg(long, value_name = "HOURS", default_value_t = FIRST_RECORD_WAIT.as_hours(), value_parser = clap::value_parser!(i64).range(0..=LONGEST_WAIT))]
    first_record_wait: i64,
    #[command(flatten)]
    policy: PolicyArgs,
    #[command(flatten)]
    trust_store: TrustStoreArgs,
    /// Name of a Sigstore instance, as in `cpan-sigstore instance list` [default: the one in use]
    #[arg(long, value_name = "NAME", help_heading = "Which Sigstore")]
    instance: Option<String>,
    /// A trusted_root.json file [default: the instance's own, as it was last fetched]
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "instance",
        help_heading = "Which Sigstore"
    )]
    trusted_root: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    /// An archive
    Release,
    /// A bundle of an archive or of a record
    Bundle,
    /// An author record
    Record,
}

impl From<Kind> for UploadKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Release => Self::Release,
            Kind::Bundle => Self::Bundle,
            Kind::Record => Self::Record,
        }
    }
}

/// Runs the command.
pub fn run(args: &GateCommand, session: &Session<'_>) -> Result<Exit, CommandError> {
    answered(args, session).map_err(CommandError::without_answer)
}

fn answered(args: &GateCommand, session: &Session<'_>) -> Result<Exit, CommandError> {
    let limit = SignedDuration::from_secs(args.timeout);
    deadline::start(limit)?;
    let path: UploadPath =
        args.path
            .parse()
            .map_err(|error: cpan_sigstore_gate::server::UploadPathError| {
                CommandError::usage(error.to_string())
            })?;
    let kind = UploadKind::from(args.kind);
    if path.kind() != kind {
        return Err(CommandError::usage(format!(
            "invalid kind of {}: expected {}, found {kind}",
            path.as_str(),
            path.kind()
        )));
    }
    // The folder itself, and not a place that could be missing for a moment: without records nothing would be required.
    let root = args.cpan.join("authors/id");
    if !root.is_dir() {
        return Err(CommandError::usage(format!(
            "invalid folder of published files: expected one with authors/id, found {}",
            shown_path(&args.cpan)
        )));
    }
    let file = UploadedFile::open(&args.file).map_err(CommandError::read(&args.file))?;
    let instance = InstanceArgs {
        instance: args.instance.clone(),
        trusted_root: args.trusted_root.clone(),
        offline: true,
    };
    let rules = GateArgs {
        require_signed: false,
        policy: args.policy.clone(),
        trust_store: args.trust_store.clone(),
    };
    // No log has an upload yet.
    let gate = session.gate(&rules, &instance, None, false)?.with_log(None);
    let tree = Cpan::in_folder(&args.cpan);
    let wait = SignedDuration::from_hours(args.first_record_wait);
    let server = ServerGate::new(&gate, &tree, wait);
    let answer = session.wait(server.decide(&path, &file, Timestamp::now()))?;
    session.terminal().json(&Answer::of(&path, &answer));
    Ok(answer.exit())
}

impl From<ServerGateError> for CommandError {
    fn from(error: ServerGateError) -> Self {
        match error {
            ServerGateError::Gate(error) => error.into(),
            error => Self::failed(error),
        }
    }
}
