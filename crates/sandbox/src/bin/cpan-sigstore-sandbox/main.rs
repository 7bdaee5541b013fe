//! A whole Sigstore and a PAUSE on loopback, for trying out signing, verifying and releasing.

mod browser;
mod job;
mod run;
mod token;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};

/// Run a whole Sigstore and a PAUSE on loopback.
///
/// Starts an OpenID provider, a certificate authority, a Certificate Transparency log, Rekor in
/// versions 1 and 2, a time stamping authority, a TUF repository, PAUSE and its CPAN on free ports
/// of 127.0.0.1. The folder has a ~/.pause with the password of each PAUSE id. Without COMMAND it
/// prints the environment for another terminal and runs until it is interrupted.
#[derive(Parser)]
#[command(
    version,
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  \
        cpan-sigstore-sandbox --dir /tmp/sandbox\n  \
        cpan-sigstore-sandbox -- sh -c 'cpan-sigstore sign --identity-token \
        \"$(cpan-sigstore-sandbox token --as author)\" Foo-1.0.tar.gz'\n  \
        SANDBOX_ACCOUNT=author BROWSER='cpan-sigstore-sandbox browser' cpan-sigstore sign Foo-1.0.tar.gz\n  \
        HOME=/tmp/home cpan-upload Foo-1.0.tar.gz    # with /tmp/sandbox/pause/MYAUTHOR as /tmp/home/.pause"
)]
struct Cli {
    #[command(flatten)]
    run: RunArgs,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(clap::Args)]
struct RunArgs {
    /// Folder for the trusted root and the other files [default: a new folder, removed at the end]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Root certificate (PEM) of another CA whose certificates the CT log accepts
    #[arg(long, value_name = "FILE")]
    ct_root: Vec<PathBuf>,
    /// Another OpenID provider of this machine whose user names the CA certifies
    #[arg(long, value_name = "URL")]
    username_issuer: Vec<String>,
    /// Default version of Rekor
    #[arg(long, value_name = "VERSION", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=2))]
    rekor: u8,
    /// Publish as the real PAUSE does, in passes, with this time between two steps of its daemon
    /// [default: at once]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    daemon: Option<Duration>,
    /// Program `cpan-sigstore` that PAUSE asks before it publishes a file. With `--daemon`, the mails of PAUSE are
    /// written to mails.txt in the folder
    #[arg(long, value_name = "PROGRAM")]
    gate: Option<PathBuf>,
    /// Command to run in the sandbox; its exit code becomes the sandbox's
    #[arg(last = true)]
    command: Vec<OsString>,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok();
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| "expected a number of seconds, such as 0.2".to_owned())
}

#[derive(Subcommand)]
enum Command {
    /// Print a new ID token for an account of the running sandbox.
    ///
    /// The token is signed with ES256. Cosign accepts it only from a file: `--identity-token FILE`.
    Token(token::TokenArgs),
    /// Log in like a person: open the address, click the account's button, follow the redirects.
    Browser(browser::BrowserArgs),
    /// Run a command with the identity of a job of GitHub Actions.
    Job(job::JobArgs),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.command {
        None => run::run(cli.run),
        Some(Command::Token(args)) => token::run(&args),
        Some(Command::Browser(args)) => browser::run(&args),
        Some(Command::Job(args)) => job::run(&args),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("cpan-sigstore-sandbox: {error}");
        ExitCode::FAILURE
    })
}

/// Error of the program.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Start(#[from] cpan_sigstore_sandbox::SandboxError),
    #[error("cannot run {}: {source}", command.display())]
    Command {
        command: OsString,
        source: std::io::Error,
    },
    #[error("cannot read {}: {source}", path.display())]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("cannot write to standard output: {0}")]
    Output(#[source] std::io::Error),
    #[error("cannot start a runtime or catch signals: {0}")]
    System(#[source] std::io::Error),
    #[error("cannot get a token from {url}: {source}; is the sandbox still running?")]
    Unreachable { url: String, source: reqwest::Error },
    #[error("unknown account `{0}`; the sandbox lists its accounts when it starts")]
    NoAccount(String),
    #[error(transparent)]
    Browser(#[from] cpan_sigstore_sandbox::oidc::browser::BrowserError),
    #[error("the login failed with status {0}")]
    LoginRefused(u16),
}

/// Returns a runtime on this thread.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::System)
}
