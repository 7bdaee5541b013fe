//! Proofs. Only the verifier can create values of these types.

use std::fmt;

use cpan_sigstore_core::{
    digest::Sha256Digest,
    identity::{IdentityMismatch, IdentityPolicy, SignerIdentity},
};
use jiff::Timestamp;
use serde::Serialize;
use sigstore_verify::{VerificationResult, types::TransparencyLogEntry};

use super::log::TrustedLogs;
use crate::{
    bundle::{Format, StrictBundle},
    transparency::SignedTree,
};

/// Proof that a key signed these bytes and that a log contains the signature.
///
/// # Security
///
/// Only the verifier can create one.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct KeySignature {
    digest: Sha256Digest,
    format: Format,
    #[serde(skip_serializing_if = "Option::is_none")]
    attestation: Option<String>,
    signed_at: Vec<SignedTime>,
    log: Vec<LogPosition>,
    #[serde(skip)]
    trees: Vec<SignedTree>,
}

/// Proof that an identity signed these bytes: certificate, clock, log and signature were verified.
///
/// # Security
///
/// Only the verifier can create one, except for a constructor for unit tests behind the feature
/// `testing`, without which the product is built. It proves who signed, not whether this identity is
/// authorized: see [`VerifiedSignature::is_by`].
#[derive(Clone, Debug, Serialize)]
pub struct VerifiedSignature {
    signer: SignerIdentity,
    #[serde(flatten)]
    signature: KeySignature,
}

/// Time of signing and the clock that states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the type says it")]
pub struct SignedTime {
    pub time: Timestamp,
    pub clock: Clock,
}

/// A trusted clock.
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

/// Position of the signature in a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogPosition {
    /// Address of the log in the trusted root.
    pub url: String,
    /// Index of the entry.
    pub index: u64,
}

impl KeySignature {
    pub(super) fn new(
        bundle: &StrictBundle,
        digest: Sha256Digest,
        signed_at: Vec<SignedTime>,
        logs: &TrustedLogs,
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
            trees: entries
                .iter()
                .filter_map(|entry| logs.tree(entry))
                .collect(),
        }
    }

    /// Returns the trees of the verified checkpoints. A bundle in cosign's old format has none.
    pub fn trees(&self) -> &[SignedTree] {
        &self.trees
    }

    /// Returns the SHA-256 of the signed bytes.
    pub fn digest(&self) -> Sha256Digest {
        self.digest
    }

    /// Returns the bundle's format.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Returns the predicate type, if an in-toto statement about the bytes was signed instead of
    /// the bytes.
    pub fn attestation(&self) -> Option<&str> {
        self.attestation.as_deref()
    }

    /// Returns the times of signing, one for each clock. Never empty.
    pub fn signed_at(&self) -> &[SignedTime] {
        &self.signed_at
    }

    /// Returns the log entries. Never empty.
    pub fn log(&self) -> &[LogPosition] {
        &self.log
    }
}

/// Returns the verified times with their clocks.
///
/// The library returns times without clocks. Every timestamp of a bundle was verified, so their
/// number is known. For certificates they come first, for keys last.
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

/// Returns the proved index. Rekor v1 signs the entry's index only in its promise. Without a
/// promise, the proof's index applies.
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

    /// Returns the identity that signed.
    pub fn signer(&self) -> &SignerIdentity {
        &self.signer
    }

    /// Returns the times of signing, one for each clock. Never empty.
    pub fn times(&self) -> Vec<Timestamp> {
        let signed_at = self.signature.signed_at.iter();
        signed_at.map(|signed| signed.time).collect()
    }

    /// Returns a proof of nothing, for unit tests of decisions.
    ///
    /// Only dev-dependencies enable the feature `testing`. `scripts/lint` checks that the product is built
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
            trees: Vec::new(),
        };
        Self { signer, signature }
    }

    /// Returns the digest, the times and the log entries of the signature.
    pub fn signature(&self) -> &KeySignature {
        &self.signature
    }

    /// Checks that the signer is the expected identity.
    ///
    /// # Errors
    /// [`IdentityMismatch`] with both identities.
    pub fn is_by(&self, expected: &IdentityPolicy) -> Result<(), IdentityMismatch> {
        expected.check(&self.signer)
    }
}
