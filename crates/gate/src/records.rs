//! From the files of an author record to one that somebody signed: the one place that makes a
//! [`SignedRecord`] of files.
//!
//! Who signed it is not who may: that is said by the rules of succession.

use cpan_sigstore_keyless::{bundle::Refused, verify::Verifier};
pub use cpan_sigstore_records::record::{RECORDS_LIMIT, RecordFile};
use cpan_sigstore_records::{
    chain::SignedRecord,
    record::{AuthorRecord, RecordError},
};

/// Why files are no signed record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordRefused {
    /// It is no record.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// It is of another version than its name says.
    #[error("expected version {expected}, as its name says, found version {found}")]
    Misnamed {
        /// The version in the name.
        expected: u32,
        /// The version in the record.
        found: u32,
    },
    /// There is no bundle.
    #[error("expected a bundle beside the record, found none")]
    Unsigned,
    /// There is one, and it proves nothing.
    #[error("{}: expected {}, found {}", .0.cause, .0.cause.expected(), .0.found)]
    Bundle(Refused),
}

/// Verifies that somebody signed a record, and says who.
///
/// # Errors
/// Where it is no record, or its bundle proves nothing.
pub fn verify(verifier: &Verifier, file: &RecordFile) -> Result<SignedRecord, RecordRefused> {
    let record = AuthorRecord::parse(&file.json)?;
    if record.version() != file.version {
        return Err(RecordRefused::Misnamed {
            expected: file.version,
            found: record.version(),
        });
    }
    let bundle = file.bundle.as_deref().ok_or(RecordRefused::Unsigned)?;
    let verified = verifier
        .verify_message(record.digest(), bundle)
        .map_err(RecordRefused::Bundle)?;
    let signer = verified.signer().clone();
    Ok(SignedRecord::proved(record, signer, verified.times()))
}
