//! A record and its verified signer.

use jiff::Timestamp;

use crate::record::AuthorRecord;
use cpan_sigstore_core::identity::{AuthorIdentity, Membership, SignerIdentity};

/// A record whose signature was verified.
///
/// Two of them are not compared: the signer of one from a trust store has only its stable parts. Compare
/// [records](Self::record).
///
/// # Security
///
/// It proves who signed, not that the signer is authorized. Only two places create one: the gate's
/// `records` from files that a verifier accepted, and the trust store from its own rows.
#[derive(Clone, Debug)]
pub struct SignedRecord {
    record: AuthorRecord,
    signer: SignerIdentity,
    times: Vec<Timestamp>,
}

impl SignedRecord {
    /// A record with its verified signer and the signing times, each by a trusted clock.
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

    /// The signer.
    pub fn signer(&self) -> &SignerIdentity {
        &self.signer
    }

    /// The signing times, one for each clock.
    pub fn times(&self) -> &[Timestamp] {
        &self.times
    }

    /// The earliest signing time.
    pub fn signed(&self) -> Option<Timestamp> {
        self.times.iter().min().copied()
    }

    /// Whether one of these identities signed it, at a time at which it was authorized.
    pub(super) fn is_by(&self, identities: &[AuthorIdentity]) -> Membership {
        AuthorIdentity::compare(identities, &self.signer, &self.times)
    }
}
