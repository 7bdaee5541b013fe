//! `cpan-sigstore verify`.

mod fetch;
mod file;
mod gated;
pub mod target;

pub use file::{Question, run as run_question};

use std::path::PathBuf;

use clap::Args;
use cpan_sigstore_core::{finding::Exit, release::PauseId};

use crate::{
    failure::Failure, gate_args::GateArgs, identity_args::IdentityArgs,
    instance_args::InstanceArgs, pause_args::CpanArgs, terminal::Terminal,
};

/// Verify that a release is its author's, or that the identity you name signed a file.
///
/// A release is fetched from a CPAN, with its bundle: by its path, or by a module in it. With `--author` it
/// is a file of yours, with the bundle beside it, as FILE.sigstore.json. Whose signature is the author's is
/// what the policy says, or else who signed first.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  cpan-sigstore verify TIMLEGGE/Foo-Bar-1.02.tar.gz\n  \
    cpan-sigstore verify Foo::Bar Other::Module\n  \
    cpan-sigstore verify Foo-Bar-1.02.tar.gz --author TIMLEGGE\n  \
    cpan-sigstore verify Foo-Bar-1.02.tar.gz \\\n    \
    --certificate-identity author@example.com \\\n    \
    --certificate-oidc-issuer https://accounts.google.com\n\n\
    Exit codes: 0 trusted or allowed, 1 failed, 2 usage, 3 could not be told, 10 unsigned,\n  \
    11 signature invalid, 12 signed by somebody else, 13 signed before and not now,\n  \
    14 not what its name says, or hostile"
)]
pub struct VerifyArgs {
    /// Releases (AUTHOR/FILE) or modules; files with --author; one file, `-` for standard input, or sha256:HEX
    /// with an identity or a key
    #[arg(required = true, value_name = "RELEASE|MODULE|FILE")]
    targets: Vec<String>,
    /// The files are releases of this author
    #[arg(long, value_name = "ID", conflicts_with = "key")]
    author: Option<PauseId>,
    /// The bundle, if it is not beside the file
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
    #[command(flatten)]
    identity: IdentityArgs,
    /// A public key (PEM) that should have signed, instead of an identity
    #[arg(long, value_name = "FILE", help_heading = "Who should have signed")]
    key: Option<PathBuf>,
    #[command(flatten)]
    gate: GateArgs,
    #[command(flatten)]
    cpan: CpanArgs,
    #[command(flatten)]
    instance: InstanceArgs,
    /// Accept cosign's old bundles, which have no inclusion proof
    #[arg(long)]
    allow_old_format: bool,
    /// Print the result as one JSON object; of several releases, one in each line
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &VerifyArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let by_identity = !args.identity.is_empty() || args.key.is_some();
    if by_identity && args.author.is_some() {
        return Err(Failure::Usage(
            "expected `--author` or an identity, found both: whose signatures are an author's is said in policy.toml"
                .into(),
        ));
    }
    if !by_identity && gated::is_for(args) {
        return gated::run(args, terminal);
    }
    let [file] = args.targets.as_slice() else {
        return Err(Failure::Usage(format!(
            "expected one file for an identity or a key, found {}",
            args.targets.len()
        )));
    };
    let question = Question {
        file,
        bundle: args.bundle.as_deref(),
        identity: &args.identity,
        key: args.key.as_deref(),
        instance: &args.instance,
        allow_old_format: args.allow_old_format,
        json: args.json,
    };
    run_question(&question, terminal)
}
