//! Facts that a bundle states more than once.
//!
//! The verifier takes each fact from where it is signed. A copy elsewhere that differs would be
//! shown to people, or used by another program, so it is refused.

use cpan_sigstore_core::cause::Cause;
use serde::Deserialize;
use sigstore_verify::types::{Bundle, KindVersion, SignatureContent, TransparencyLogEntry};

use super::{Format, Refused};

/// Media type of in-toto statements in a DSSE envelope.
const STATEMENT: &str = "application/vnd.in-toto+json";
/// The versions of in-toto's statement whose subjects are read.
const STATEMENT_TYPES: [&str; 2] = [
    "https://in-toto.io/Statement/v0.1",
    "https://in-toto.io/Statement/v1",
];

#[derive(Deserialize)]
struct Typed {
    #[serde(rename = "_type")]
    kind: String,
}

pub(super) fn check(bundle: &Bundle, format: Format) -> Result<(), Refused> {
    statement(bundle)?;
    let entries = &bundle.verification_material.tlog_entries;
    for (i, entry) in entries.iter().enumerate() {
        once(entry, &entries[..i])?;
        kind(entry)?;
        if format != Format::CosignOld {
            proof(entry)?;
        }
        if entry.kind_version == KindVersion::HashedRekordV002 {
            rekor_v2(entry)?;
        }
    }
    Ok(())
}

/// The envelope says it has an in-toto statement, and the statement says it is one.
fn statement(bundle: &Bundle) -> Result<(), Refused> {
    let SignatureContent::DsseEnvelope(envelope) = &bundle.content else {
        return Ok(());
    };
    if envelope.payload_type != STATEMENT {
        return Err(Refused::new(
            Cause::Unsupported,
            "an envelope with something else than an in-toto statement",
        ));
    }
    let stated: Typed = serde_json::from_slice(envelope.payload.as_bytes())
        .map_err(|error| Refused::new(Cause::BundleMalformed, error.to_string()))?;
    if !STATEMENT_TYPES.contains(&stated.kind.as_str()) {
        return Err(Refused::new(
            Cause::Unsupported,
            "a statement of an unknown version of in-toto",
        ));
    }
    Ok(())
}

/// One entry counts once: a second copy would look like a second log.
fn once(entry: &TransparencyLogEntry, before: &[TransparencyLogEntry]) -> Result<(), Refused> {
    let place = (&entry.log_id, entry.log_index);
    if before
        .iter()
        .any(|other| (&other.log_id, other.log_index) == place)
    {
        return Err(Refused::new(
            Cause::BundleExcess,
            format!("the log entry {} twice", entry.log_index.get()),
        ));
    }
    Ok(())
}

#[derive(Deserialize)]
struct Body {
    kind: String,
    #[serde(rename = "apiVersion")]
    api_version: String,
}

/// Kind and version stand in the entry and in its signed body.
fn kind(entry: &TransparencyLogEntry) -> Result<(), Refused> {
    let body: Body = serde_json::from_slice(entry.canonicalized_body.as_bytes())
        .map_err(|error| Refused::new(Cause::EntryMalformed, error.to_string()))?;
    let stated = (entry.kind_version.kind(), entry.kind_version.version());
    if stated != (body.kind.as_str(), body.api_version.as_str()) {
        return Err(contradiction(
            "kindVersion",
            &format!("{} {}", stated.0, stated.1),
            "the entry's body",
            &format!("{} {}", body.kind, body.api_version),
        ));
    }
    Ok(())
}

/// Root and size stand in the proof and in the checkpoint.
fn proof(entry: &TransparencyLogEntry) -> Result<(), Refused> {
    let Some(proof) = &entry.inclusion_proof else {
        return Err(Refused::new(
            Cause::InclusionProofMissing,
            "an entry without one",
        ));
    };
    let checkpoint = proof.checkpoint.checkpoint().ok_or_else(|| {
        Refused::new(Cause::CheckpointInvalid, "a checkpoint that cannot be read")
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

/// Rekor v2 has one index for an entry, and neither a clock nor promises.
fn rekor_v2(entry: &TransparencyLogEntry) -> Result<(), Refused> {
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
        return Err(Refused::new(
            Cause::BundleContradictory,
            "a time or promise of a Rekor v2 log, which gives none",
        ));
    }
    Ok(())
}

fn contradiction(field: &str, stated: &str, other: &str, found: &str) -> Refused {
    Refused::new(
        Cause::BundleContradictory,
        format!("`{field}` {stated} where {other} says {found}"),
    )
}
