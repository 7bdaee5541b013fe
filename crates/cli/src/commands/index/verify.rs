//! `cpan-sigstore index verify`.

use std::path::PathBuf;

use clap::Args;
use cpan_sigstore_core::{
    digest::Sha256Digest,
    finding::Exit,
    identity::IdentityPolicy,
    text::{count, shown_path},
};
use cpan_sigstore_gate::store::follows;
use cpan_sigstore_records::author_index::{OwnerChange, Transfer};
use cpan_sigstore_registry::{
    assemble,
    subscription::{self, OperatorError, Pin},
};
use jiff::Timestamp;
use serde::Serialize;

use super::sign::check;
use crate::{
    bundle_file::{self, beside},
    error::CommandError,
    flags::{InstanceArgs, TrustStoreArgs},
    folders,
    session::Session,
    ui::Tone,
};

/// Verify an author index: signature, records, no rollback.
///
/// Without a name, the signer has to be the operator of the index in use.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  cpan-sigstore index verify index.json")]
pub struct VerifyArgs {
    /// Author index
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Expected signer
    #[arg(long, value_name = "NAME", requires = "issuer")]
    identity: Option<String>,
    /// Issuer of the signer's name
    #[arg(long, value_name = "URL", requires = "identity")]
    issuer: Option<String>,
    #[command(flatten)]
    trust_store: TrustStoreArgs,
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
    packages: usize,
    /// The changes since the index in the trust store.
    owner_changes: Vec<OwnerChange>,
    transfers: Vec<Transfer>,
}

/// Runs the command.
pub fn run(args: &VerifyArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let terminal = session.terminal();
    let pin = Pin::load(&folders::operator_file()?)?;
    let expected = expected(args, pin.as_ref())?;
    let index = assemble::read(&args.file)?;
    let path = beside(&args.file);
    let bundle = bundle_file::read(&path)?.ok_or_else(|| {
        CommandError::new(
            Exit::Unsigned,
            format!("cannot find the bundle {}", shown_path(&path)),
        )
        .hinted("sign it with `cpan-sigstore index sign FILE`")
    })?;
    let verifier = session.verifier(&args.instance)?;
    let verified = subscription::verify(verifier, index.digest(), &bundle, Some(&expected))?;
    let records = check(&args.file, &index, verifier)?;
    let mut owner_changes = Vec::new();
    // The trust store knows only the operator in use.
    if let Some(pin) = pin.filter(|pin| pin.expected().is_ok_and(|theirs| theirs == expected)) {
        let store = session.trust_store(&args.trust_store)?;
        let kept = session.wait(store.index_kept(&pin.url))?;
        if let Some(kept) = kept {
            follows(&pin.url, (kept.state.number, kept.state.digest), &index)
                .map_err(OperatorError::from)?;
            owner_changes = session.wait(store.owner_changes_in(&pin.url, &index))?;
        }
    }
    let found = Found {
        file: shown_path(&args.file),
        number: index.number(),
        digest: index.digest(),
        authors: index.authors().len(),
        records,
        signer: verified.signer.to_string(),
        signed: verified.signed,
        packages: index.packages().len(),
        owner_changes,
        transfers: index.transfers().to_vec(),
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
        &format!("{records} of {}", count(found.authors, "author")),
    );
    if found.packages > 0 {
        terminal.field("packages", &found.packages.to_string());
    }
    super::diff::print_owners(&found.owner_changes, terminal);
    for transfer in &found.transfers {
        terminal.headline(Tone::Careful, "pending", &transfer.to_string());
    }
    Ok(Exit::Success)
}

fn expected(args: &VerifyArgs, pin: Option<&Pin>) -> Result<IdentityPolicy, CommandError> {
    match (&args.identity, &args.issuer, pin) {
        (Some(identity), Some(issuer), _) => {
            // The rules for a name are those of a pin.
            let pin = Pin::new("file:///index.json", identity, issuer);
            let expected = pin.and_then(|pin| pin.expected());
            Ok(expected?)
        }
        (_, _, Some(pin)) => Ok(pin.expected()?),
        _ => Err(CommandError::usage(
            "missing signer of the index: expected name and issuer, found none, and no index is in use".to_owned(),
        )
        .hinted("name the operator's identity with `--identity NAME --issuer URL`, or use the index with `cpan-sigstore index use URL --identity NAME --issuer URL`")),
    }
}
