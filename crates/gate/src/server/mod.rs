//! The gate of a server that publishes uploads, such as PAUSE: whether an uploaded file may be published.
//!
//! [`ServerGate`] reads bundles and author records from the published files alone. Signatures and signers are judged by
//! [`Gate::judge`](crate::Gate::judge), and records by their chain. This module adds only the rules of section 13 of
//! the standard: for whom a signature is required, and what may replace a published file.
//!
//! - Only the author's own record requires signatures. Archives of all other authors are accepted.
//! - A bundle beside a published archive has to be valid, and is replaced only by one that is no worse.
//! - A record has to continue the published chain.
//!
//! # Security
//!
//! The published files are those that this gate accepted, or that were published before it. The folder of received
//! files is never read: other accounts write there.

mod answer;
mod author;
mod bundle;
mod error;
mod path;
mod record;
mod release;
mod uploaded;

pub use answer::{UploadAnswer, UploadDecision, UploadReason};
pub use error::ServerGateError;
pub use path::{UploadKind, UploadPath, UploadPathError};
pub use uploaded::UploadedFile;

use cpan_sigstore_core::verdict::Verdict;
use cpan_sigstore_cpan::Cpan;
use cpan_sigstore_records::record::RecordName;
use jiff::{SignedDuration, Timestamp};

use self::{author::AuthorState, path::UploadTarget};
use crate::{ArchiveFile, Candidate, Gate, GateError, IndexStanding};

/// Time after which the first record of an author is in effect.
pub const FIRST_RECORD_WAIT: SignedDuration = SignedDuration::from_hours(72);

/// Decides whether uploaded files may be published.
pub struct ServerGate<'a> {
    gate: &'a Gate,
    /// The published files, in a folder.
    tree: &'a Cpan,
    first_record_wait: SignedDuration,
}

impl<'a> ServerGate<'a> {
    /// A gate before the published files of a folder. A first record is in effect after `first_record_wait`.
    pub fn new(gate: &'a Gate, tree: &'a Cpan, first_record_wait: SignedDuration) -> Self {
        Self {
            gate,
            tree,
            first_record_wait,
        }
    }

    /// Decides about an uploaded file that would be published at this path.
    ///
    /// Nothing is published here. The answer is about the bytes with its digest, and about no others.
    ///
    /// # Errors
    /// [`ServerGateError`] if a file or the trust store cannot be used. That is no answer.
    pub async fn decide(
        &self,
        path: &UploadPath,
        file: &UploadedFile,
        now: Timestamp,
    ) -> Result<UploadAnswer, ServerGateError> {
        let state = self.author_state(path.author(), now).await?;
        let answer = match path.target() {
            UploadTarget::Release(release) => self.release(release, file, &state, now).await?,
            UploadTarget::OddRelease(name) => release::odd(name, &state),
            UploadTarget::Bundle(release) => self.bundle(release, file, &state, now).await?,
            UploadTarget::OddBundle => UploadAnswer::accept(UploadReason::NotRequired),
            UploadTarget::Record(name) => self.record(name, file, &state, now).await?,
            UploadTarget::OddRecord(name) => record::odd(name),
            UploadTarget::RecordBundle(name) => self.record_bundle(name, file, &state, now).await?,
        };
        Ok(answer.about(file, &state))
    }

    async fn judge(
        &self,
        candidate: Candidate<'_>,
        state: &AuthorState,
        now: Timestamp,
    ) -> Result<Verdict, GateError> {
        let candidate = Candidate {
            records: &state.records,
            ..candidate
        };
        self.gate.judge(&candidate, now).await
    }

    /// Returns the published record of a version, and its bundle.
    async fn published_record(
        &self,
        name: &RecordName,
    ) -> Result<(Option<Vec<u8>>, Option<Vec<u8>>), ServerGateError> {
        let record = self.tree.author_record(&name.author, name.version).await?;
        if let Some(file) = record {
            return Ok((Some(file.json), file.bundle));
        }
        Ok((None, self.tree.author_record_bundle(name).await?))
    }
}

/// A release by its path alone, as every upload is.
fn candidate<'a>(
    path: &'a cpan_sigstore_core::release::ReleasePath,
    archive: ArchiveFile<'a>,
    bundle: Option<&'a [u8]>,
) -> Candidate<'a> {
    Candidate {
        path,
        archive,
        bundle,
        records: &[],
        packages: &[],
        permissions: None,
        index: IndexStanding::Unlogged,
        log_proof: None,
    }
}
