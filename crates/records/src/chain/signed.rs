//! A record, and who signed it.

use jiff::Timestamp;

use crate::record::AuthorRecord;
use cpan_sigstore_core::identity::{AuthorIdentity, Membership, SignerIdentity};

/// A record whose signature was verified.
///
/// # Security
///
/// It says who signed, not whether they may. Only what a verifier proved belongs in one; of the whole
/// program, the gate's `records` alone makes them of files, and its memory of what it kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedRecord {
    record: AuthorRecord,
    signer: SignerIdentity,
    times: Vec<Timestamp>,
}

impl SignedRecord {
    /// A record that this identity signed at these times, each by a clock that is trusted.
    pub fn proved(record: AuthorRecord, signer: SignerIdentity, times: Vec<Timestamp>) -> Self {
        Self {
            record,
            signer,
            times,
        }
    }

    /// The record.
    pub fn record(&self) -> &AuthorRecord {
        &self.record
    }

    /// Who signed it.
    pub fn signer(&self) -> &SignerIdentity {
        &self.signer
    }

    /// When, by each clock that says so.
    pub fn times(&self) -> &[Timestamp] {
        &self.times
    }

    /// When it was signed: the earliest of the times.
    pub fn signed(&self) -> Option<Timestamp> {
        self.times.iter().min().copied()
    }

    /// Whether one of these identities signed it, at a time at which it counts.
    pub(super) fn is_by(&self, identities: &[AuthorIdentity]) -> Membership {
        AuthorIdentity::compare(identities, &self.signer, &self.times)
    }
}
