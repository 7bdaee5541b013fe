//! Errors of an author index.

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
        /// The valid values.
        expected: &'static str,
        /// The value.
        found: String,
    },
    /// The records of an author are no list of records.
    #[error("invalid records of {author} in an author index: found {found}")]
    Author {
        /// Which author.
        author: PauseId,
        /// The description of the value.
        found: String,
    },
    /// A record in it is none.
    #[error("invalid record {version} of {author} in an author index: {source}")]
    Record {
        /// Which author.
        author: PauseId,
        /// Which version it should be.
        version: u32,
        /// The fault.
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
