//! The result of a build: changes and refused records.

use std::fmt;

use cpan_sigstore_core::{cause::Cause, digest::Sha256Digest, release::PauseId};
use cpan_sigstore_gate::RecordRefused;
use cpan_sigstore_records::{
    author_index::{Difference, Transfer},
    chain::{AppendResult, RecordSummary},
    record::RecordName,
};
use serde::Serialize;

/// The result for the records of a CPAN.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Report {
    /// The number of the index.
    pub number: u64,
    /// Its digest.
    pub digest: Sha256Digest,
    /// Its size in bytes.
    pub size: u64,
    /// Whether it is the previous index, because nothing changed.
    pub unchanged: bool,
    /// The number of authors on the CPAN.
    pub authors: usize,
    /// The number of authors whose files were read.
    pub looked_at: usize,
    /// The number of verified signatures.
    pub verified: usize,
    /// The number of packages whose authors the index states.
    pub packages: usize,
    /// The changes from the previous index.
    pub changes: Difference,
    /// The announced transfers of packages that are not in effect yet.
    pub pending: Vec<Transfer>,
    /// The records that are not accepted.
    pub refused: Vec<Refusal>,
    /// Records in the index that were not found any more. They are kept.
    pub vanished: Vec<Vanished>,
    /// The number of lines in the list of permissions that name no package or author.
    pub dropped_permissions: usize,
    /// Whether the CPAN has no list of permissions any more. The packages of the index before are kept.
    pub vanished_permissions: bool,
}

/// A record that is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// The author whose directory it is in.
    pub author: PauseId,
    /// Where.
    pub path: String,
    /// Why, as a stable kebab-case code: of succession, of a bundle's cause, or `record-invalid`,
    /// `record-misnamed`, `record-unsigned`, `records-too-many`.
    pub code: &'static str,
    /// Why, in words.
    pub reason: String,
    /// The record itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<RecordSummary>,
    /// The one that is known in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known: Option<RecordSummary>,
}

/// A record that is not on the CPAN any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Vanished {
    /// The author.
    pub author: PauseId,
    /// Its path.
    pub path: String,
}

impl Refusal {
    pub(super) fn of_file(name: &RecordName, why: &RecordRefused) -> Self {
        let code = match why {
            RecordRefused::Record(_) => "record-invalid",
            RecordRefused::Misnamed { .. } => "record-misnamed",
            RecordRefused::Unsigned => "record-unsigned",
            RecordRefused::Bundle(refused) => Cause::code(refused.cause),
        };
        Self {
            author: name.author.clone(),
            path: name.path(),
            code,
            reason: why.to_string(),
            found: None,
            known: None,
        }
    }

    /// The version in the name of the file; `None` if it concerns no single file.
    pub(super) fn version(&self) -> Option<u32> {
        let name = self.path.rsplit_once('/')?.1;
        name.parse().ok().map(|name: RecordName| name.version)
    }

    pub(super) fn of_record(author: &PauseId, result: &AppendResult) -> Self {
        let name = RecordName {
            author: author.clone(),
            version: result.found.version,
        };
        Self {
            author: author.clone(),
            path: name.path(),
            code: result.outcome.code(),
            reason: result.outcome.meaning().to_owned(),
            found: Some(result.found.clone()),
            known: result.known.clone(),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.reason)?;
        if let Some(found) = &self.found {
            write!(f, "; found is {found}")?;
        }
        if let Some(known) = &self.known {
            write!(f, "; known is {known}")?;
        }
        Ok(())
    }
}
