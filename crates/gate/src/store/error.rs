//! Why the memory cannot be used.

use cpan_sigstore_core::digest::Sha256Digest;
use cpan_sigstore_records::author_index::AuthorIndexError;

/// The memory cannot be used. It is never a reason to let something pass.
#[derive(Debug, thiserror::Error)]
pub enum TrustStoreError {
    /// The place is no address of a database.
    #[error(
        "expected a file, or an address such as postgres://host/database, for the memory, found `{0}`"
    )]
    Place(String),
    /// The folder of the file cannot be made, or the file cannot be locked.
    #[error("expected to keep the memory in {place}: {source}")]
    File {
        /// The file.
        place: String,
        /// Why not.
        source: std::io::Error,
    },
    /// The database cannot be opened, or its tables cannot be made.
    #[error("expected to open the memory in {place}: {reason}")]
    Open {
        /// The file, or the address without user and password.
        place: String,
        /// Why not.
        reason: String,
    },
    /// A question to the database failed.
    #[error("expected an answer from the memory: {0}")]
    Query(#[from] sqlx::Error),
    /// A text is longer than anything that makes sense.
    #[error("expected at most {limit} bytes of {what}, found {found}")]
    TooLong {
        /// What it is.
        what: &'static str,
        /// How much is taken.
        limit: usize,
        /// How much there is.
        found: usize,
    },
    /// What is to be taken in is no export of a memory.
    #[error("expected an export of a memory, found {0}")]
    Import(String),
    /// What is to be taken in says something else than what is known.
    #[error(
        "expected nothing that differs from what is known, found {theirs} for {scope} {name}, where {ours} was seen first; nothing was taken in"
    )]
    Conflict {
        /// `author` or `distribution`.
        scope: &'static str,
        /// Which.
        name: String,
        /// What is known.
        ours: String,
        /// What was to be taken in.
        theirs: String,
    },
    /// An operator's index has records that are none.
    #[error(transparent)]
    Index(#[from] AuthorIndexError),
    /// An operator's index is older than one that was seen.
    #[error("expected index number {kept} of {operator} or a later one, found number {found}")]
    IndexRolledBack {
        /// Its address.
        operator: String,
        /// The number that was seen.
        kept: u64,
        /// The number that was found.
        found: u64,
    },
    /// An operator's index is of another history than the one that was seen.
    #[error(
        "expected index number {number} of {operator} to be {kept} as it was seen, found {found}: two histories"
    )]
    IndexForked {
        /// Its address.
        operator: String,
        /// The number that was seen.
        number: u64,
        /// The digest that was seen.
        kept: Sha256Digest,
        /// The digest that was found under this number, or named by the next one.
        found: Sha256Digest,
    },
}
