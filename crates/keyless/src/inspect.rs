//! What a bundle claims, unverified.

use cpan_sigstore_core::{digest::Sha256Digest, identity::SignerIdentity};
use jiff::Timestamp;
use serde::Serialize;

use crate::{
    bundle::{Format, Refused, StrictBundle},
    certificate::CertificateClaims,
    timestamp::Reply,
};

/// What a bundle says about itself. Anybody can write a bundle that says this.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Claims {
    /// The format.
    pub format: Format,
    /// Who the certificate names; `None` for a bundle by a public key.
    pub signer: Option<SignerIdentity>,
    /// The validity of the certificate: not before, not after.
    pub certificate_validity: Option<(Timestamp, Timestamp)>,
    /// SHA-256 of what was signed, as far as stated.
    pub digests: Vec<Sha256Digest>,
    /// The predicate type of an attestation; `None` for a plain signature.
    pub attestation: Option<String>,
    /// Entries in transparency logs.
    pub log_entries: Vec<LogEntryClaims>,
    /// When timestamp authorities saw it, as far as their timestamps can be read.
    pub timestamps: Vec<Timestamp>,
}

/// What a bundle says about a log entry.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct LogEntryClaims {
    /// The name in the checkpoint; `None` without one.
    pub origin: Option<String>,
    /// The log's key id, base64.
    pub log_id: String,
    /// The index.
    pub index: u64,
    /// Kind and version, for example `hashedrekord 0.0.2`.
    pub kind: String,
    /// The log's own clock, where it has one (Rekor v1).
    pub integrated_time: Option<Timestamp>,
    /// Whether there is a proof that it is in the log.
    pub inclusion_proof: bool,
}

/// Reads the claims of a bundle.
///
/// # Errors
/// Where its certificate cannot be read.
pub fn claims(bundle: &StrictBundle) -> Result<Claims, Refused> {
    let material = &bundle.bundle.verification_material;
    let certificate = bundle
        .bundle
        .signing_certificate()
        .map(CertificateClaims::read)
        .transpose()?;
    Ok(Claims {
        format: bundle.format(),
        certificate_validity: certificate
            .as_ref()
            .map(|certificate| (certificate.info.not_before, certificate.info.not_after)),
        signer: certificate.map(|certificate| certificate.signer),
        digests: bundle.signed_digests(),
        attestation: bundle.predicate_type(),
        log_entries: material.tlog_entries.iter().map(log_entry).collect(),
        timestamps: timestamps(bundle),
    })
}

fn timestamps(bundle: &StrictBundle) -> Vec<Timestamp> {
    let data = &bundle
        .bundle
        .verification_material
        .timestamp_verification_data;
    data.rfc3161_timestamps
        .iter()
        .filter_map(|stated| Reply::read(stated.signed_timestamp.as_bytes()).ok()?.time())
        .collect()
}

fn log_entry(entry: &sigstore_verify::types::TransparencyLogEntry) -> LogEntryClaims {
    LogEntryClaims {
        origin: entry
            .inclusion_proof
            .as_ref()
            .and_then(|proof| proof.checkpoint.checkpoint())
            .map(|checkpoint| checkpoint.origin().to_owned()),
        log_id: entry.log_id.key_id.to_string(),
        index: entry.log_index.get(),
        kind: format!(
            "{} {}",
            entry.kind_version.kind(),
            entry.kind_version.version()
        ),
        integrated_time: entry.integrated_time,
        inclusion_proof: entry.inclusion_proof.is_some(),
    }
}
