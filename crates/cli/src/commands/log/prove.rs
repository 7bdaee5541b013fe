//! `cpan-sigstore log prove`.

use std::path::PathBuf;

use clap::Args;
use cpan_sigstore_core::finding::Exit;
use cpan_sigstore_files::{Access, Existing, write_with};
use cpan_sigstore_ledger::{
    prove::{find, prove},
    reader::LogReader,
};
use cpan_sigstore_tlog::{
    leaf::LeafPath,
    proof::{SUFFIX, TlogProof},
};

use super::{TrustedLogArgs, shown_time};
use crate::{error::CommandError, session::Session, ui::Tone};

/// Write the proof that a file is logged.
///
/// The proof is one file that is verified offline. It is written to the current folder.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  cpan-sigstore log prove authors/id/T/TI/TIMLEGGE/Foo-Bar-1.02.tar.gz \\\n    \
    --log https://cpan.example/log/ --log-policy policy.txt"
)]
pub struct ProveArgs {
    /// Path below the root of the CPAN
    #[arg(value_name = "PATH")]
    path: LeafPath,
    /// Log: a folder, or an address
    #[arg(long, value_name = "DIR|URL")]
    log: String,
    #[command(flatten)]
    trusted: TrustedLogArgs,
    /// Proof to write [default: the file's name and .tlog-proof]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Runs the command.
pub fn run(args: &ProveArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let policy = args.trusted.policy()?;
    let log = LogReader::at(&args.log)?;
    let making = async {
        let checkpoint = log.checkpoint(&policy).await?;
        let (index, leaf) = find(&log, checkpoint.tree().size, &args.path).await?;
        let proof = prove(&log, &policy, &checkpoint, index, &leaf).await?;
        Ok::<(TlogProof, _), CommandError>((proof, leaf))
    };
    let (proof, leaf) = session.runtime()?.block_on(making)?;
    let name = args.path.as_str().rsplit('/').next().unwrap_or_default();
    let output = args
        .output
        .clone()
        .unwrap_or_else(|| PathBuf::from(format!("{name}{SUFFIX}")));
    write_with(
        &output,
        proof.to_string().as_bytes(),
        Access::Umask,
        Existing::Replace,
    )
    .map_err(CommandError::write(&output))?;
    let terminal = session.terminal();
    terminal.headline(Tone::Good, "proved", &args.path.to_string());
    terminal.field("digest", &leaf.digest().to_string());
    terminal.field(
        "logged",
        &format!("{}, leaf {}", shown_time(leaf.time()), proof.index),
    );
    terminal.field("proof", &output.display().to_string());
    Ok(Exit::Success)
}
