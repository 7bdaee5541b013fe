//! What a chain reports of the records that it was given.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use super::{Outcome, SignedRecord};
use cpan_sigstore_core::digest::Sha256Digest;

/// Version, digest and signer of a record, for people and for JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecordSummary {
    /// The version.
    pub version: u32,
    /// The digest of the exact text.
    pub digest: Sha256Digest,
    /// The signer.
    pub signer: String,
    /// The earliest signing time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed: Option<Timestamp>,
}

impl From<&SignedRecord> for RecordSummary {
    fn from(signed: &SignedRecord) -> Self {
        Self {
            version: signed.record().version(),
            digest: signed.record().digest(),
            signer: signed.signer().to_string(),
            signed: signed.signed(),
        }
    }
}

impl fmt::Display for RecordSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "version {} ({}), signed by {}",
            self.version, self.digest, self.signer
        )?;
        if let Some(signed) = self.signed {
            write!(f, " on {signed}")?;
        }
        Ok(())
    }
}

/// The outcome of appending a record, with both sides if there are two.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AppendResult {
    /// The outcome.
    pub outcome: Outcome,
    /// The record.
    pub found: RecordSummary,
    /// The known record of the same version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known: Option<RecordSummary>,
}

impl fmt::Display for AppendResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.outcome, self.found)?;
        if let Some(known) = &self.known {
            write!(f, "; known is {known}")?;
        }
        write!(f, "; {}", self.outcome.meaning())
    }
}

/// Files of one place after verification: signed records, and files that are none.
#[derive(Clone, Debug)]
pub struct VerifiedRecords<E> {
    /// The signed records.
    pub signed: Vec<SignedRecord>,
    /// The other files, each with its version and the reason.
    pub refused: Vec<(u32, E)>,
}

impl<E> Default for VerifiedRecords<E> {
    fn default() -> Self {
        Self {
            signed: Vec::new(),
            refused: Vec::new(),
        }
    }
}

impl<E> VerifiedRecords<E> {
    /// Verifies each file. The number beside it is the version in its name.
    pub fn of<F>(
        files: impl IntoIterator<Item = (u32, F)>,
        mut verify: impl FnMut(F) -> Result<SignedRecord, E>,
    ) -> Self {
        let mut verified = Self::default();
        for (version, file) in files {
            match verify(file) {
                Ok(signed) => verified.signed.push(signed),
                Err(reason) => verified.refused.push((version, reason)),
            }
        }
        verified
    }
}

/// The result of extending a chain with files.
#[derive(Clone, Debug)]
pub struct Report<E> {
    /// The final result of each signed record.
    pub results: Vec<AppendResult>,
    /// Files that are no signed record, each with its version and the reason.
    pub refused: Vec<(u32, E)>,
}

impl<E> Report<E> {
    /// The results of records that are not in the chain.
    pub fn disputed(&self) -> impl Iterator<Item = &AppendResult> {
        let results = self.results.iter();
        results.filter(|result| !result.outcome.is_in_chain())
    }
}
