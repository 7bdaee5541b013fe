//! `cpan-sigstore index verify`.

use std::path::PathBuf;

use clap::Args;
use cpan_sigstore_core::{digest::Sha256Digest, finding::Exit, identity::IdentityPolicy};
use cpan_sigstore_gate::store::follows;
use cpan_sigstore_keyless::verify::Verifier;
use cpan_sigstore_registry::{
    assemble,
    subscription::{self, OperatorError, Pin},
};
use jiff::Timestamp;
use serde::Serialize;

use super::{IndexFailure, sign::check};
use crate::{
    bundle_file::{self, beside},
    failure::{Failure, Missing},
    folders,
    gate_args::TrustStoreArgs,
    instance_args::{InstanceArgs, runtime},
    terminal::{Terminal, Tone},
};

/// Verify the signature of an index, every record in it, and that it is no step back from what was seen.
///
/// Without a name, it has to be signed by the operator whose index is in use.
#[derive(Args, Debug)]
pub struct VerifyArgs {
    /// The index
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Who should have signed it
    #[arg(long, value_name = "NAME", requires = "issuer")]
    identity: Option<String>,
    /// The provider that vouches for the name
    #[arg(long, value_name = "URL", requires = "identity")]
    issuer: Option<String>,
    #[command(flatten)]
    memory: TrustStoreArgs,
    #[command(flatten)]
    instance: InstanceArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Found {
    file: String,
    number: u64,
    digest: Sha256Digest,
    authors: usize,
    records: usize,
    signer: String,
    signed: Timestamp,
}

/// Runs the command.
pub fn run(args: &VerifyArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let pin = Pin::load(&folders::operator_file()?).map_err(IndexFailure::from)?;
    let expected = expected(args, pin.as_ref())?;
    let index = assemble::read(&args.file).map_err(IndexFailure::from)?;
    let path = beside(&args.file);
    let bundle = bundle_file::read(&path)?.ok_or(IndexFailure::Unsigned { path })?;
    let verifier = Verifier::new(&args.instance.trusted_root(terminal)?)?;
    let verified = subscription::verify(&verifier, index.digest(), &bundle, Some(&expected))
        .map_err(IndexFailure::from)?;
    let records = check(&args.file, &index, &verifier)?;
    // What was seen is of the operator in use, and says nothing of another.
    if let Some(pin) = pin.filter(|pin| pin.expected().is_ok_and(|theirs| theirs == expected)) {
        let kept = runtime()?.block_on(async {
            let memory = args.memory.open().await?;
            Ok::<_, Failure>(memory.index_kept(&pin.url).await?)
        })?;
        if let Some(kept) = kept {
            follows(&pin.url, (kept.state.number, kept.state.digest), &index)
                .map_err(|error| IndexFailure::from(OperatorError::from(error)))?;
        }
    }
    let found = Found {
        file: args.file.display().to_string(),
        number: index.number(),
        digest: index.digest(),
        authors: index.authors().len(),
        records,
        signer: verified.signer.to_string(),
        signed: verified.signed,
    };
    if args.json {
        terminal.json(&found);
        return Ok(Exit::Success);
    }
    let what = format!("{}, number {}", found.file, found.number);
    terminal.headline(Tone::Good, "trusted", &what);
    terminal.field("digest", &found.digest.to_string());
    terminal.field("signer", &format!("{} on {}", found.signer, found.signed));
    terminal.field(
        "records",
        &format!("{records} of {} authors", found.authors),
    );
    Ok(Exit::Success)
}

fn expected(args: &VerifyArgs, pin: Option<&Pin>) -> Result<IdentityPolicy, Failure> {
    match (&args.identity, &args.issuer, pin) {
        (Some(identity), Some(issuer), _) => {
            // The rules of a name are those of one that is pinned.
            let pin = Pin::new("file:///index.json", identity, issuer);
            let expected = pin.and_then(|pin| pin.expected());
            Ok(expected.map_err(IndexFailure::from)?)
        }
        (_, _, Some(pin)) => Ok(pin.expected().map_err(IndexFailure::from)?),
        _ => Err(Failure::NoIdentity(Missing::Both)),
    }
}
