//! `cpan-sigstore inspect`.

use std::path::PathBuf;

use clap::Args;
use cpan_sigstore_core::{cause::Cause, finding::Exit, text::shown_path};
use cpan_sigstore_keyless::{
    bundle::{StrictBundle, VerificationFailure},
    inspect::{BundleClaims, claims},
};
use serde::Serialize;

use crate::{
    bundle_file,
    commands::log,
    error::CommandError,
    session::Session,
    ui::{Terminal, Tone},
};

/// Show the contents of a bundle, proof or checkpoint, unverified.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  cpan-sigstore inspect Foo-Bar-1.02.tar.gz.sigstore.json")]
pub struct InspectArgs {
    /// Bundle, proof of the CPAN log, or checkpoint
    bundle: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Inspection<'a> {
    bundle: &'a str,
    verified: bool,
    #[serde(flatten)]
    claims: &'a BundleClaims,
}

#[derive(Serialize)]
struct NoBundle<'a> {
    bundle: &'a str,
    verified: bool,
    cause: Cause,
    expected: &'static str,
    found: &'a str,
}

/// How every inspection begins.
const NOTHING: &str = "nothing was verified";

/// Runs the command.
pub fn run(args: &InspectArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let terminal = session.terminal();
    let name = shown_path(&args.bundle);
    let bytes = bundle_file::read(&args.bundle)?
        .ok_or_else(|| CommandError::read(&args.bundle)(cpan_sigstore_files::no_such_file()))?;
    if let Some(exit) = log::inspect(&name, &bytes, args.json, terminal) {
        return Ok(exit);
    }
    match read(&bytes) {
        Err(refused) => {
            if args.json {
                terminal.json(&NoBundle {
                    bundle: &name,
                    verified: false,
                    cause: refused.cause,
                    expected: refused.cause.expected(),
                    found: &refused.found,
                });
            } else {
                let rest = format!("cannot read {name} ({})", refused.cause);
                terminal.headline(Tone::Careful, NOTHING, &rest);
                terminal.field("expected", refused.cause.expected());
                terminal.field("found", &refused.found);
            }
            Ok(Exit::SignatureInvalid)
        }
        Ok(claims) => {
            if args.json {
                terminal.json(&Inspection {
                    bundle: &name,
                    verified: false,
                    claims: &claims,
                });
            } else {
                print(&name, &claims, terminal);
            }
            Ok(Exit::Success)
        }
    }
}

fn read(bytes: &[u8]) -> Result<BundleClaims, VerificationFailure> {
    claims(&StrictBundle::parse(bytes)?)
}

fn print(name: &str, claims: &BundleClaims, terminal: &Terminal) {
    terminal.headline(
        Tone::Careful,
        NOTHING,
        &format!("these are the claims of {name}"),
    );
    match &claims.signer {
        Some(signer) => {
            terminal.field("signer", signer.subject.as_str());
            terminal.field("issuer", &signer.issuer);
            for (claim, value) in signer.claims.iter() {
                terminal.field("claim", &format!("{claim} = {value}"));
            }
        }
        None => terminal.field("signer", "the unnamed holder of a public key"),
    }
    for time in &claims.timestamps {
        terminal.field("signed", &format!("{time} by a timestamp authority"));
    }
    for entry in &claims.log_entries {
        if let Some(time) = entry.integrated_time {
            terminal.field("signed", &format!("{time} by the log"));
        }
    }
    if let Some((from, until)) = claims.certificate_validity {
        terminal.field("valid", &format!("{from} to {until} (certificate)"));
    }
    for entry in &claims.log_entries {
        let proof = if entry.inclusion_proof {
            "with inclusion proof"
        } else {
            "without inclusion proof"
        };
        let origin = entry.origin.as_deref().unwrap_or(&entry.log_id);
        terminal.field(
            "log",
            &format!("{origin}, entry {}, {} {proof}", entry.index, entry.kind),
        );
    }
    terminal.field("format", &claims.format.to_string());
    if let Some(predicate) = &claims.attestation {
        terminal.field("statement", predicate);
    }
    for digest in &claims.digests {
        terminal.field("digest", &digest.to_string());
    }
}
