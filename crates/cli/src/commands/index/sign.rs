//! `cpan-sigstore index sign`.

use std::path::PathBuf;

use clap::Args;
use cpan_sigstore_core::finding::Exit;
use cpan_sigstore_keyless::verify::{VerifiedSignature, Verifier};
use cpan_sigstore_records::author_index::AuthorIndex;
use cpan_sigstore_registry::assemble;
use jiff::Timestamp;
use serde::Serialize;

use super::IndexFailure;
use crate::{
    bundle_file::{Place, beside},
    failure::Failure,
    instance_args::runtime,
    progress::Progress,
    signing::SigningArgs,
    terminal::{Terminal, Tone},
};

/// Sign an index whose every record counts, and write its bundle beside it.
///
/// Users judge how old an index is by its signature: sign it again, changed or not, more often than they allow
/// it to be old.
#[derive(Args, Debug)]
pub struct SignArgs {
    /// The index
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    signing: SigningArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Signed<'a> {
    file: String,
    bundle: String,
    number: u64,
    records: usize,
    #[serde(flatten)]
    verified: &'a VerifiedSignature,
}

/// Runs the command.
pub fn run(args: &SignArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let index = assemble::read(&args.file).map_err(IndexFailure::from)?;
    let place = Place::reserve(beside(&args.file), true)?;
    let verifier = Verifier::new(&args.signing.instance.trusted_root(terminal)?)?;
    let records = check(&args.file, &index, &verifier)?;
    let signed = runtime()?.block_on(async {
        let mut session = args.signing.begin(terminal).await?;
        session.sign(index.digest()).await
    })?;
    place.write(signed.json())?;
    let bundle = place.path().display().to_string();
    let file = args.file.display().to_string();
    if args.json {
        terminal.json(&Signed {
            file,
            bundle,
            number: index.number(),
            records,
            verified: signed.verified(),
        });
        return Ok(Exit::Success);
    }
    let what = format!("{file}, number {}, {records} records", index.number());
    terminal.headline(Tone::Good, "signed", &what);
    terminal.field("signer", signed.verified().signer().subject.as_str());
    terminal.field("issuer", &signed.verified().signer().issuer);
    terminal.field("bundle", &bundle);
    Ok(Exit::Success)
}

/// Has every record verified, and says how many there are.
///
/// # Errors
/// The first that does not count.
pub fn check(
    path: &std::path::Path,
    index: &AuthorIndex,
    verifier: &Verifier,
) -> Result<usize, Failure> {
    let bar = Progress::of_authors("verifying records");
    let checked = assemble::check(index, verifier, Timestamp::now(), &|done, of| {
        bar.of(done, of)
    });
    bar.end();
    checked.map_err(|reason| {
        let path = path.to_owned();
        IndexFailure::Record { path, reason }.into()
    })
}
