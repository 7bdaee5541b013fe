//! From the files of an author record to a signed record: the one place that creates a [`SignedRecord`] from
//! files.
//!
//! The signer of a record need not be authorized to sign it: [`RecordChain`] decides that.

use cpan_sigstore_core::{
    digest::Sha256Digest,
    release::{PackageName, PauseId},
};
use cpan_sigstore_cpan::{Cpan, CpanError};
use cpan_sigstore_keyless::{bundle::VerificationFailure, verify::Verifier};
pub use cpan_sigstore_records::record::{RECORDS_LIMIT, RecordFile};
use cpan_sigstore_records::{
    author_index::in_effect,
    chain::{ChainContext, RecordChain, Report, SignedRecord, VerifiedRecords},
    record::{AuthorRecord, RecordError},
};

use jiff::Timestamp;

use crate::{Gate, GateError};

/// Why files are not a signed record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordRefused {
    /// The text is not a record.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The record has another version than the name of its file.
    #[error("invalid record: expected version {expected} as in its name, found version {found}")]
    Misnamed {
        /// The version in the name.
        expected: u32,
        /// The version in the record.
        found: u32,
    },
    /// There is no bundle.
    #[error("the record has no bundle")]
    Unsigned,
    /// The bundle is invalid.
    #[error("{}: expected {}, found {}", .0.cause, .0.cause.expected(), .0.found)]
    Bundle(VerificationFailure),
}

/// Verifies the signature of a record in a file.
///
/// # Errors
/// The file is no record of its version, or its bundle is missing or invalid.
pub fn verify(verifier: &Verifier, file: &RecordFile) -> Result<SignedRecord, RecordRefused> {
    let record = AuthorRecord::parse(&file.json)?;
    if record.version() != file.version {
        return Err(RecordRefused::Misnamed {
            expected: file.version,
            found: record.version(),
        });
    }
    let bundle = file.bundle.as_deref().ok_or(RecordRefused::Unsigned)?;
    verify_parsed(verifier, record, bundle)
}

/// Verifies the signature of a record.
///
/// # Errors
/// [`RecordRefused::Bundle`]: the bundle is invalid.
pub fn verify_parsed(
    verifier: &Verifier,
    record: AuthorRecord,
    bundle: &[u8],
) -> Result<SignedRecord, RecordRefused> {
    let verified = verifier
        .verify_message(record.digest(), bundle)
        .map_err(RecordRefused::Bundle)?;
    let signer = verified.signer().clone();
    Ok(SignedRecord::proved(record, signer, verified.times()))
}

/// Reads the records of an author from a version on. Without a verifier, one page is read.
///
/// # Errors
/// [`CpanError`] if the CPAN cannot be read, or has more than a reader follows.
pub async fn read(
    cpan: &Cpan,
    author: &PauseId,
    from: u32,
    verifier: Option<&Verifier>,
) -> Result<Vec<RecordFile>, CpanError> {
    let is_signed =
        |file: &RecordFile| verifier.is_some_and(|verifier| verify(verifier, file).is_ok());
    cpan.author_records(author, from, is_signed).await
}

/// Verifies each record of a known chain again, and restores the chain; `None` if it is broken.
///
/// # Errors
/// The version of a record that does not verify any more, and the reason.
pub fn restore<F>(
    author: &PauseId,
    known: impl IntoIterator<Item = (u32, F)>,
    verify: impl FnMut(F) -> Result<SignedRecord, RecordRefused>,
) -> Result<Option<RecordChain>, (u32, RecordRefused)> {
    let verified = VerifiedRecords::of(known, verify);
    match verified.refused.into_iter().next() {
        Some(refused) => Err(refused),
        None => Ok(RecordChain::restored(author.clone(), verified.signed)),
    }
}

/// Verifies files, and extends a chain by the records in them.
pub fn extend(
    chain: &mut RecordChain,
    files: &[RecordFile],
    verifier: &Verifier,
    context: ChainContext<'_>,
) -> Report<RecordRefused> {
    let files = files.iter().map(|file| (file.version, file));
    chain.extend(files, |file| verify(verifier, file), context)
}

/// Verifies the files that a chain does not have yet.
pub(crate) fn verify_new(
    chain: &RecordChain,
    files: &[RecordFile],
    verifier: &Verifier,
) -> VerifiedRecords<RecordRefused> {
    let new = files.iter().filter(|file| !chain.has(file));
    let new = new.map(|file| (file.version, file));
    VerifiedRecords::of(new, |file| verify(verifier, file))
}

impl Gate {
    /// Reads the records in an author's directory that are newer than the known ones ([`Gate::known_version`]), and
    /// those that are there in the place of a known one that a recovery record may replace.
    ///
    /// # Errors
    /// [`GateError`] if the trust store cannot be used, and [`CpanError`] if the CPAN cannot be read, or has more
    /// than a reader follows.
    pub async fn newer_records<E: From<GateError> + From<CpanError>>(
        &self,
        cpan: &Cpan,
        author: &PauseId,
    ) -> Result<Vec<RecordFile>, E> {
        let known = self.known_version(author).await?;
        let mut files = Vec::new();
        for (version, json) in self.collector().open_records(author).await? {
            files.extend(cpan.changed_author_record(author, version, &json).await?);
        }
        files.extend(read(cpan, author, known + 1, self.verifier().ok()).await?);
        Ok(files)
    }

    /// Reads the newest records in the directories of the owners of packages, if the author of a release is no owner of
    /// one, and remembers them ([`Gate::remember_owner`]).
    ///
    /// # Errors
    /// As [`Gate::newer_records`].
    pub async fn follow_owners<E: From<GateError> + From<CpanError>>(
        &self,
        cpan: &Cpan,
        author: &PauseId,
        packages: &[PackageName],
        now: Timestamp,
    ) -> Result<(), E> {
        for owner in self.predecessors(author, packages).await? {
            let records = self.newer_records::<E>(cpan, &owner).await?;
            if !records.is_empty() {
                self.remember_owner(&owner, &records, now).await?;
            }
        }
        Ok(())
    }

    /// The digests of the overrides for an author that are in effect, by the author index that the gate uses.
    ///
    /// # Errors
    /// The trust store cannot be used.
    pub async fn overrides(
        &self,
        author: &PauseId,
        now: Timestamp,
    ) -> Result<Vec<Sha256Digest>, GateError> {
        let attested = self.collector().attested(author).await?;
        Ok(in_effect(attested.overrides, now))
    }
}
