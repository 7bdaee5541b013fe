//! Checks that a bundle agrees with itself.
//!
//! The verifier takes each fact from the signed place. An unsigned copy that differs could be shown
//! to people or used by another program, so it is refused.

use cpan_sigstore_core::cause::Cause;
use serde::Deserialize;
use sigstore_verify::types::{Bundle, KindVersion, SignatureContent, TransparencyLogEntry};

use super::{EntryBody, Format, VerificationFailure};

/// Media type of in-toto statements in a DSSE envelope.
const STATEMENT: &str = "application/vnd.in-toto+json";
/// Versions of in-toto's statement whose subjects are read.
const STATEMENT_TYPES: [&str; 2] = [
    "https://in-toto.io/Statement/v0.1",
    "https://in-toto.io/Statement/v1",
];

#[derive(Deserialize)]
struct StatementHeader {
    #[serde(rename = "_type")]
    kind: String,
}

pub(super) fn check(bundle: &Bundle, format: Format) -> Result<(), VerificationFailure> {
    statement(bundle)?;
    let entries = &bundle.verification_material.tlog_entries;
    for (i, entry) in entries.iter().enumerate() {
        once(entry, &entries[..i])?;
        if format != Format::CosignOld {
            kind(entry)?;
            proof(entry)?;
        }
        if entry.kind_version == KindVersion::HashedRekordV002 {
            rekor_v2(entry)?;
        }
    }
    Ok(())
}

/// Checks that envelope and statement both declare an in-toto statement.
fn statement(bundle: &Bundle) -> Result<(), VerificationFailure> {
    let SignatureContent::DsseEnvelope(envelope) = &bundle.content else {
        return Ok(());
    };
    if envelope.payload_type != STATEMENT {
        return Err(VerificationFailure::new(
            Cause::Unsupported,
            "an envelope without an in-toto statement",
        ));
    }
    let stated: StatementHeader = serde_json::from_slice(envelope.payload.as_bytes())
        .map_err(|error| VerificationFailure::new(Cause::BundleMalformed, error.to_string()))?;
    if !STATEMENT_TYPES.contains(&stated.kind.as_str()) {
        return Err(VerificationFailure::new(
            Cause::Unsupported,
            "a statement of an unknown in-toto version",
        ));
    }
    Ok(())
}

/// Checks that each entry is there once: a copy would look like a second log.
fn once(
    entry: &TransparencyLogEntry,
    before: &[TransparencyLogEntry],
) -> Result<(), VerificationFailure> {
    let place = (&entry.log_id, entry.log_index);
    if before
        .iter()
        .any(|other| (&other.log_id, other.log_index) == place)
    {
        return Err(VerificationFailure::new(
            Cause::BundleExcess,
            format!("the log entry {} twice", entry.log_index.get()),
        ));
    }
    Ok(())
}

/// Checks kind and version, which the entry repeats from its signed body.
fn kind(entry: &TransparencyLogEntry) -> Result<(), VerificationFailure> {
    let body: EntryBody = serde_json::from_slice(entry.canonicalized_body.as_bytes())
        .map_err(|error| VerificationFailure::new(Cause::EntryMalformed, error.to_string()))?;
    let stated = (entry.kind_version.kind(), entry.kind_version.version());
    if stated != (body.kind.as_str(), body.version.as_str()) {
        return Err(contradiction(
            "kindVersion",
            &format!("{} {}", stated.0, stated.1),
            "the entry's body",
            &format!("{} {}", body.kind, body.version),
        ));
    }
    Ok(())
}

/// Checks root and size, which the proof repeats from the checkpoint.
fn proof(entry: &TransparencyLogEntry) -> Result<(), VerificationFailure> {
    let Some(proof) = &entry.inclusion_proof else {
        return Err(VerificationFailure::new(
            Cause::InclusionProofMissing,
            "an entry without one",
        ));
    };
    let checkpoint = proof.checkpoint.checkpoint().ok_or_else(|| {
        VerificationFailure::new(Cause::CheckpointInvalid, "an unreadable checkpoint")
    })?;
    if proof.root_hash != *checkpoint.root_hash() {
        return Err(contradiction(
            "inclusionProof.rootHash",
            &proof.root_hash.to_base64(),
            "the checkpoint",
            &checkpoint.root_hash().to_base64(),
        ));
    }
    if proof.tree_size != checkpoint.tree_size() {
        return Err(contradiction(
            "inclusionProof.treeSize",
            &proof.tree_size.to_string(),
            "the checkpoint",
            &checkpoint.tree_size().to_string(),
        ));
    }
    Ok(())
}

/// Checks fields that Rekor v2 does not use: a second index, a clock and promises.
fn rekor_v2(entry: &TransparencyLogEntry) -> Result<(), VerificationFailure> {
    if let Some(proof) = &entry.inclusion_proof
        && proof.log_index != entry.log_index
    {
        return Err(contradiction(
            "inclusionProof.logIndex",
            &proof.log_index.get().to_string(),
            "logIndex",
            &entry.log_index.get().to_string(),
        ));
    }
    if entry.integrated_time.is_some() || entry.inclusion_promise.is_some() {
        return Err(VerificationFailure::new(
            Cause::BundleContradictory,
            "a time or promise of a Rekor v2 log, which has neither",
        ));
    }
    Ok(())
}

fn contradiction(field: &str, stated: &str, other: &str, found: &str) -> VerificationFailure {
    VerificationFailure::new(
        Cause::BundleContradictory,
        format!("`{field}` {stated}, but {found} in {other}"),
    )
}
