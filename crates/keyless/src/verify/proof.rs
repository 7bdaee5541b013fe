//! What was proved. Values of these types come from the verifier alone.

use std::fmt;

use cpan_sigstore_core::{
    digest::Sha256Digest,
    identity::{IdentityMismatch, IdentityPolicy, SignerIdentity},
};
use jiff::Timestamp;
use serde::Serialize;
use sigstore_verify::{VerificationResult, types::TransparencyLogEntry};

use super::log::Logs;
use crate::bundle::{Format, StrictBundle};

/// A key signed these bytes, and a log has seen it.
///
/// # Security
///
/// No function outside the verifier makes one.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct KeySignature {
    digest: Sha256Digest,
    format: Format,
    #[serde(skip_serializing_if = "Option::is_none")]
    attestation: Option<String>,
    signed_at: Vec<SignedTime>,
    log: Vec<LogPosition>,
}

/// One identity signed these bytes: certificate, clock, log and signature were all verified.
///
/// # Security
///
/// No function outside the verifier makes one, but for a constructor for unit tests behind the feature `testing`,
/// which the product is built without. It proves who signed, not that this is who should have:
/// [`VerifiedSignature::is_by`] compares that.
#[derive(Clone, Debug, Serialize)]
pub struct VerifiedSignature {
    signer: SignerIdentity,
    #[serde(flatten)]
    signature: KeySignature,
}

/// When it was signed, and whose clock says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SignedTime {
    /// The time.
    pub time: Timestamp,
    /// The clock.
    pub clock: Clock,
}

/// A clock that is trusted to say when something was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Clock {
    /// A timestamp authority (RFC 3161).
    TimestampAuthority,
    /// The transparency log (Rekor v1's integrated time).
    Log,
}

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TimestampAuthority => "a timestamp authority",
            Self::Log => "the log",
        })
    }
}

/// Where the signature stands in a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogPosition {
    /// The log's address in the trusted root.
    pub url: String,
    /// The entry's index.
    pub index: u64,
}

impl KeySignature {
    pub(super) fn new(
        bundle: &StrictBundle,
        digest: Sha256Digest,
        signed_at: Vec<SignedTime>,
        logs: &Logs,
    ) -> Self {
        let entries = &bundle.bundle.verification_material.tlog_entries;
        Self {
            digest,
            format: bundle.format(),
            attestation: bundle.predicate_type(),
            signed_at,
            log: entries
                .iter()
                .map(|entry| LogPosition {
                    url: logs.url(entry).unwrap_or_default().to_owned(),
                    index: proved_index(entry),
                })
                .collect(),
        }
    }

    /// SHA-256 of the bytes that were signed.
    pub fn digest(&self) -> Sha256Digest {
        self.digest
    }

    /// The bundle's format.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The predicate type, where an in-toto statement about the bytes was signed rather than the
    /// bytes themselves.
    pub fn attestation(&self) -> Option<&str> {
        self.attestation.as_deref()
    }

    /// When it was signed, by each clock that says so. Never empty.
    pub fn signed_at(&self) -> &[SignedTime] {
        &self.signed_at
    }

    /// The entries in logs. Never empty.
    pub fn log(&self) -> &[LogPosition] {
        &self.log
    }
}

/// The verified times with their clocks.
///
/// The library passes on times without their clocks. Every timestamp of a bundle verifies or the
/// bundle is refused, so their number is known; for certificates they come first, for keys last.
pub(super) fn times(bundle: &StrictBundle, result: &VerificationResult) -> Vec<SignedTime> {
    let material = &bundle.bundle.verification_material;
    let authorities = material
        .timestamp_verification_data
        .rfc3161_timestamps
        .len();
    let times = result.verified_timestamps();
    let by_authorities = if result.certificate().is_some() {
        0..authorities
    } else {
        times.len().saturating_sub(authorities)..times.len()
    };
    times
        .iter()
        .enumerate()
        .map(|(i, time)| SignedTime {
            time: *time,
            clock: if by_authorities.contains(&i) {
                Clock::TimestampAuthority
            } else {
                Clock::Log
            },
        })
        .collect()
}

/// The index that is proved: Rekor v1 signs the entry's own index in its promise alone; without one
/// only the proof's says where in the tree the entry is.
fn proved_index(entry: &TransparencyLogEntry) -> u64 {
    match (&entry.inclusion_promise, &entry.inclusion_proof) {
        (None, Some(proof)) => proof.log_index.get(),
        _ => entry.log_index.get(),
    }
}

impl VerifiedSignature {
    pub(super) fn new(signer: SignerIdentity, signature: KeySignature) -> Self {
        Self { signer, signature }
    }

    /// Who signed.
    pub fn signer(&self) -> &SignerIdentity {
        &self.signer
    }

    /// The times of signing, by each clock. Never empty.
    pub fn times(&self) -> Vec<Timestamp> {
        let signed_at = self.signature.signed_at.iter();
        signed_at.map(|signed| signed.time).collect()
    }

    /// Returns a proof of nothing, for unit tests of what is decided about a proof.
    ///
    /// The feature `testing` is enabled by dev-dependencies alone; `scripts/lint` checks that the product is built
    /// without it.
    #[cfg(feature = "testing")]
    pub fn pretended(
        signer: SignerIdentity,
        times: Vec<Timestamp>,
        attestation: Option<String>,
    ) -> Self {
        let signed_at = times.into_iter().map(|time| SignedTime {
            time,
            clock: Clock::TimestampAuthority,
        });
        let signature = KeySignature {
            digest: Sha256Digest::new([0; 32]),
            format: Format::V03,
            attestation,
            signed_at: signed_at.collect(),
            log: Vec::new(),
        };
        Self { signer, signature }
    }

    /// What was signed, when, and where it is logged.
    pub fn signature(&self) -> &KeySignature {
        &self.signature
    }

    /// Whether the signer is who was expected.
    ///
    /// # Errors
    /// Both identities, where they differ.
    pub fn is_by(&self, expected: &IdentityPolicy) -> Result<(), IdentityMismatch> {
        expected.check(&self.signer)
    }
}
