//! Why no index was built.

use std::path::PathBuf;

use cpan_sigstore_core::release::PauseId;
use cpan_sigstore_cpan::{
    CpanError,
    package_index::{PackageIndexError, PackedError},
};
use cpan_sigstore_gate::RecordRefused;
use cpan_sigstore_records::{
    author_index::AuthorIndexError,
    chain::{AppendResult, RecordSummary},
};

/// No index was built; what was there is as it was.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The CPAN gives no answer of use.
    #[error(transparent)]
    Cpan(#[from] CpanError),
    /// A folder or file of the CPAN cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The index cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// There is no CPAN.
    #[error("invalid CPAN: expected one with {0}, found no such folder or file")]
    NoCpan(String),
    /// The list of authors is none.
    #[error("invalid list of authors: {0}")]
    Authors(#[from] PackedError),
    /// The list of permissions is none.
    #[error(transparent)]
    Permissions(#[from] PackageIndexError),
    /// The list of permissions changes too much at once.
    #[error("cannot apply changes of owners: expected at most {limit} in one build, found {found}")]
    TooManyOwners {
        /// The number of changed packages.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// The index before is none.
    #[error("invalid previous index {}: {source}", path.display())]
    Previous {
        /// The file.
        path: PathBuf,
        /// The fault.
        source: AuthorIndexError,
    },
    /// A record in the index before does not prove itself any more.
    #[error("invalid previous index: record {version} of {author}: {source}")]
    Known {
        /// The author.
        author: PauseId,
        /// Which.
        version: u32,
        /// The fault.
        source: RecordRefused,
    },
    /// The records of an author in the index before do not follow on each other.
    #[error(
        "invalid previous index: expected an unbroken record chain of {0}, found other records"
    )]
    Broken(PauseId),
    /// A record for which an override is meant is none.
    #[error(transparent)]
    Record(#[from] RecordRefused),
    /// An override would not make it valid.
    #[error("invalid override: expected an accepted record, found {0}")]
    Override(Box<AppendResult>),
    /// The index has the record, so that it needs no override.
    #[error("cannot announce an override of {author}: the index already has {record}")]
    Unneeded {
        /// The author.
        author: PauseId,
        /// The record.
        record: Box<RecordSummary>,
    },
    /// The records make no valid index.
    #[error(transparent)]
    Index(#[from] AuthorIndexError),
}

impl BuildError {
    pub(super) fn read(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Read { path, source }
    }
}
