//! What is wrong with an index.

use super::SIZE_LIMIT;
use crate::record::RecordError;
use cpan_sigstore_core::release::PauseId;

/// A text that is no operator index, or values that none can have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthorIndexError {
    /// It is too large.
    #[error("invalid author index: expected at most {SIZE_LIMIT} bytes, found {0}")]
    TooLarge(usize),
    /// It is no JSON, or has other fields.
    #[error("invalid author index: {0}")]
    Shape(String),
    /// A value that has no meaning.
    #[error("invalid `{field}` in an author index: expected {expected}, found {found}")]
    Value {
        /// The field.
        field: &'static str,
        /// What it may be.
        expected: &'static str,
        /// What it is.
        found: String,
    },
    /// What stands in it of an author is no list of records.
    #[error("invalid records of {author} in an author index: found {found}")]
    Author {
        /// Which author.
        author: PauseId,
        /// What is there.
        found: String,
    },
    /// A record in it is none.
    #[error("invalid record {version} of {author} in an author index: {source}")]
    Record {
        /// Which author.
        author: PauseId,
        /// Which version it should be.
        version: u32,
        /// What is wrong.
        source: RecordError,
    },
}

impl AuthorIndexError {
    pub(super) fn value(field: &'static str, expected: &'static str, found: impl ToString) -> Self {
        Self::Value {
            field,
            expected,
            found: found.to_string().chars().take(200).collect(),
        }
    }
}
