//! `cpan-sigstore index sign`.

use std::path::PathBuf;

use clap::Args;
use cpan_sigstore_core::{
    finding::Exit,
    text::{count, shown_path},
};
use cpan_sigstore_keyless::verify::{VerifiedSignature, Verifier};
use cpan_sigstore_records::author_index::AuthorIndex;
use cpan_sigstore_registry::assemble;
use jiff::Timestamp;
use serde::Serialize;

use crate::{
    bundle_file::{Place, beside},
    error::CommandError,
    flags::SigningArgs,
    session::Session,
    signing::Signer,
    ui::{Tone, progress::Progress},
};

/// Sign an author index, after checking its records.
///
/// The bundle is written beside it. The age of an index is that of its signature: sign it again, changed or
/// not, before it gets too old for its users.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  cpan-sigstore index sign index.json")]
pub struct SignArgs {
    /// Author index
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
pub fn run(args: &SignArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let terminal = session.terminal();
    let index = assemble::read(&args.file)?;
    let place = Place::reserve(beside(&args.file), true)?;
    session.signing_material(&args.signing)?;
    let verifier = session.verifier(&args.signing.instance)?;
    let records = check(&args.file, &index, verifier)?;
    let mut signer = Signer::log_in(&args.signing, None, session)?;
    let signed = session.wait(signer.sign(index.digest()))?;
    place.write(signed.json())?;
    let bundle = shown_path(place.path());
    let file = shown_path(&args.file);
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
    let what = format!(
        "{file}, number {}, {}",
        index.number(),
        count(records, "record")
    );
    terminal.headline(Tone::Good, "signed", &what);
    terminal.field("signer", signed.verified().signer().subject.as_str());
    terminal.field("issuer", &signed.verified().signer().issuer);
    terminal.field("bundle", &bundle);
    Ok(Exit::Success)
}

/// Verifies every record, and returns their number.
///
/// # Errors
/// The first record that is not accepted.
pub fn check(
    path: &std::path::Path,
    index: &AuthorIndex,
    verifier: &Verifier,
) -> Result<usize, CommandError> {
    let bar = Progress::of_authors("verifying records");
    let checked = assemble::check(index, verifier, Timestamp::now(), &|done, of| {
        bar.of(done, of)
    });
    bar.end();
    checked.map_err(|reason| {
        CommandError::new(
            Exit::SignatureInvalid,
            format!("{}: {reason}", shown_path(path)),
        )
    })
}
