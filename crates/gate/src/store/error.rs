//! Errors of the trust store.

use cpan_sigstore_core::digest::Sha256Digest;
use cpan_sigstore_records::author_index::AuthorIndexError;

/// The trust store cannot be used. It is never a reason to let something pass.
#[derive(Debug, thiserror::Error)]
pub enum TrustStoreError {
    /// The place is neither a file nor an address of a database.
    #[error(
        "invalid trust store: expected a file, or an address such as postgres://host/database, found `{0}`"
    )]
    Place(String),
    /// The folder or the file cannot be created, or the file cannot be locked.
    #[error("cannot use the trust store in {place}: {source}")]
    File {
        /// The file.
        place: String,
        /// The reason.
        source: std::io::Error,
    },
    /// The database cannot be opened, or its tables cannot be created.
    #[error("cannot open the trust store in {place}: {reason}")]
    Open {
        /// The file, or the address without user and password.
        place: String,
        /// The reason.
        reason: String,
    },
    /// A query failed.
    #[error("cannot query the trust store: {0}")]
    Query(#[from] sqlx::Error),
    /// A text is too long.
    #[error("invalid length of {what}: expected at most {limit} bytes, found {found}")]
    TooLong {
        /// The kind of text.
        what: &'static str,
        /// The limit, in bytes.
        limit: usize,
        /// Its length, in bytes.
        found: usize,
    },
    /// The text is no export of a trust store.
    #[error("invalid export of a trust store: found {0}")]
    Import(String),
    /// The import contradicts the store.
    #[error(
        "import conflict for {scope} {name}: stored {ours}, import has {theirs}; nothing was imported"
    )]
    Conflict {
        /// `author` or `distribution`.
        scope: &'static str,
        /// Its name.
        name: String,
        /// The value in the store.
        ours: String,
        /// The value in the import.
        theirs: String,
    },
    /// The author index has invalid records.
    #[error(transparent)]
    Index(#[from] AuthorIndexError),
    /// The author index is older than one that was seen.
    #[error(
        "author index rollback at {operator}: expected number {kept} or a later one, found number {found}"
    )]
    IndexRolledBack {
        /// Its address.
        operator: String,
        /// The number that was seen.
        kept: u64,
        /// The number that was found.
        found: u64,
    },
    /// The author index contradicts one that was seen.
    #[error(
        "author index fork at {operator}: expected number {number} to be {kept}, found {found}"
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
    /// The history of the author index does not reach back to one that was seen.
    #[error(
        "author index gap at {operator}: expected a history that reaches back to number {kept}, found number {found} without it"
    )]
    IndexGap {
        /// Its address.
        operator: String,
        /// The number that was seen.
        kept: u64,
        /// The number that was found.
        found: u64,
    },
}
