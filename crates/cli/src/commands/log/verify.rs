//! `cpan-sigstore log verify`.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use clap::Args;
use cpan_sigstore_core::{digest::Sha256Digest, finding::Exit};
use cpan_sigstore_ledger::scan;
use cpan_sigstore_tlog::{
    leaf::LeafPath,
    proof::{LoggedLeaf, SIZE, SUFFIX, TlogProof},
};
use serde::Serialize;

use super::{TrustedLogArgs, shown_time};
use crate::{
    error::CommandError,
    session::Session,
    ui::{Terminal, Tone},
};

/// Verify offline that a file is the logged one.
///
/// Only the file and its proof are read. A proof does not state who signed the file: `verify` does that.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  cpan-sigstore log verify Foo-Bar-1.02.tar.gz \\\n    \
    --path authors/id/T/TI/TIMLEGGE/Foo-Bar-1.02.tar.gz --log-policy policy.txt\n\n\
    Exit codes: 0 logged, 1 failed, 2 usage, 15 not the logged file, or no valid proof"
)]
pub struct VerifyArgs {
    /// File
    file: PathBuf,
    /// Path below the root of the CPAN
    #[arg(long, value_name = "PATH")]
    path: LeafPath,
    /// Proof [default: FILE.tlog-proof]
    #[arg(long, value_name = "FILE")]
    proof: Option<PathBuf>,
    #[command(flatten)]
    trusted: TrustedLogArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// What the program reports to machines.
#[derive(Serialize)]
struct Report<'a> {
    path: &'a str,
    digest: Sha256Digest,
    logged: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<&'a str>,
}

/// Runs the command.
pub fn run(args: &VerifyArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let policy = args.trusted.policy()?;
    let beside = format!("{}{SUFFIX}", args.file.display());
    let path = args.proof.as_deref().unwrap_or(Path::new(&beside));
    let bytes = cpan_sigstore_files::read_prefix(path, SIZE as u64)
        .and_then(|bytes| bytes.ok_or_else(cpan_sigstore_files::no_such_file))
        .map_err(CommandError::read(path))?;
    let hashed = File::open(&args.file).and_then(scan::hash);
    let (digest, _) = hashed.map_err(CommandError::read(&args.file))?;
    let verified = TlogProof::parse(&bytes).and_then(|proof| proof.verify(&policy));
    let judged = verified
        .map_err(|error| error.to_string())
        .and_then(|logged| match logged.compare(&args.path, digest) {
            Ok(()) => Ok(logged),
            Err(mismatch) => Err(mismatch.to_string()),
        });
    match args.json {
        true => session.terminal().json(&report(args, digest, &judged)),
        false => print(args, &judged, session.terminal()),
    }
    Ok(if judged.is_ok() {
        Exit::Success
    } else {
        Exit::Log
    })
}

fn report<'a>(
    args: &'a VerifyArgs,
    digest: Sha256Digest,
    judged: &'a Result<LoggedLeaf, String>,
) -> Report<'a> {
    let logged = judged.as_ref().ok();
    Report {
        path: args.path.as_str(),
        digest,
        logged: logged.is_some(),
        reason: judged.as_ref().err().cloned(),
        index: logged.map(LoggedLeaf::index),
        time: logged.map(|logged| logged.leaf().time()),
        origin: logged.map(|logged| logged.checkpoint().origin()),
    }
}

fn print(args: &VerifyArgs, judged: &Result<LoggedLeaf, String>, terminal: &Terminal) {
    match judged {
        Ok(logged) => {
            let (leaf, checkpoint) = (logged.leaf(), logged.checkpoint());
            terminal.headline(Tone::Good, "logged", &args.path.to_string());
            terminal.field("digest", &leaf.digest().to_string());
            let origin = checkpoint.origin();
            terminal.field("log", &format!("{origin}, leaf {}", logged.index()));
            terminal.field("logged", &shown_time(leaf.time()));
            for cosigned in checkpoint.cosigned() {
                let time = shown_time(cosigned.time);
                terminal.field("cosigned", &format!("{time} by {}", cosigned.witness));
            }
        }
        Err(reason) => {
            terminal.headline(Tone::Bad, "not logged", &args.path.to_string());
            terminal.field("reason", reason);
        }
    }
}
