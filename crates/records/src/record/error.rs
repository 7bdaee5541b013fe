//! What is wrong with a record.

use super::SIZE_LIMIT;

/// A text that is no author record, or values that none can have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// It is too large.
    #[error("invalid author record: expected at most {SIZE_LIMIT} bytes, found {0}")]
    TooLarge(usize),
    /// It is no JSON, or has other fields.
    #[error("invalid author record: {0}")]
    Shape(String),
    /// It says the same in another text than the canonical one.
    #[error(
        "invalid author record: expected the canonical form (RFC 8785: sorted keys, no white space), found another text from byte {at} on"
    )]
    NotCanonical {
        /// The first byte that differs, from 0.
        at: usize,
    },
    /// A value that has no meaning.
    #[error("invalid `{field}` in an author record: expected {expected}, found {found}")]
    Value {
        /// The field.
        field: &'static str,
        /// What it may be.
        expected: &'static str,
        /// What it is.
        found: String,
    },
}

impl RecordError {
    pub(super) fn value(field: &'static str, expected: &'static str, found: impl ToString) -> Self {
        Self::Value {
            field,
            expected,
            found: found.to_string().chars().take(200).collect(),
        }
    }
}
