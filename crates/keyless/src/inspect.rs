//! The unverified claims of a bundle.

use cpan_sigstore_core::{digest::Sha256Digest, identity::SignerIdentity};
use jiff::Timestamp;
use serde::Serialize;

use crate::{
    bundle::{Format, StrictBundle, VerificationFailure},
    certificate::CertificateClaims,
    timestamp::TimestampReply,
};

/// The unverified content of a bundle. Anybody can write such a bundle.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct BundleClaims {
    /// Format of the bundle.
    pub format: Format,
    /// Identity in the certificate; `None` for a bundle with a public key.
    pub signer: Option<SignerIdentity>,
    /// Validity of the certificate: not before, not after.
    pub certificate_validity: Option<(Timestamp, Timestamp)>,
    /// SHA-256 digests of the signed bytes, as far as stated.
    pub digests: Vec<Sha256Digest>,
    /// Predicate type of an attestation; `None` for a plain signature.
    pub attestation: Option<String>,
    /// Entries in transparency logs.
    pub log_entries: Vec<LogEntryClaims>,
    /// Times of the readable timestamps.
    pub timestamps: Vec<Timestamp>,
}

/// The unverified content of a log entry.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct LogEntryClaims {
    /// Name of the log in the checkpoint, if there is one.
    pub origin: Option<String>,
    /// Key id of the log, base64.
    pub log_id: String,
    /// Index of the entry.
    pub index: u64,
    /// Kind and version, for example `hashedrekord 0.0.2`.
    pub kind: String,
    /// The log's own clock, if it has one (Rekor v1).
    pub integrated_time: Option<Timestamp>,
    /// Whether there is an inclusion proof.
    pub inclusion_proof: bool,
}

/// Returns the claims of a bundle.
///
/// # Errors
/// [`VerificationFailure`] if the certificate cannot be read.
pub fn claims(bundle: &StrictBundle) -> Result<BundleClaims, VerificationFailure> {
    let material = &bundle.bundle.verification_material;
    let certificate = bundle
        .bundle
        .signing_certificate()
        .map(CertificateClaims::read)
        .transpose()?;
    Ok(BundleClaims {
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
        .filter_map(|stated| {
            TimestampReply::read(stated.signed_timestamp.as_bytes())
                .ok()?
                .time()
        })
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
