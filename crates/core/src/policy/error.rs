//! Errors in a `policy.toml`.

use super::SIZE_LIMIT;

/// A policy that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// It is too large.
    #[error("invalid policy: expected at most {SIZE_LIMIT} bytes, found {0}")]
    TooLarge(usize),
    /// It is no TOML, or has a key without a meaning.
    #[error("line {line}: {reason}")]
    Syntax {
        /// The line, from 1.
        line: usize,
        /// The expected and the found value.
        reason: String,
    },
    /// The name of a section is invalid, or is there twice.
    #[error("line {line}: expected {expected}, found `{found}`")]
    Section {
        /// The line, from 1.
        line: usize,
        /// The expected name.
        expected: &'static str,
        /// The name.
        found: String,
    },
    /// A value is out of range.
    #[error("line {line}: expected {expected}, found {found}")]
    Value {
        /// The line, from 1.
        line: usize,
        /// The expected value.
        expected: &'static str,
        /// The value.
        found: String,
    },
}

impl PolicyError {
    /// The line of the error, from 1.
    pub const fn line(&self) -> Option<usize> {
        match self {
            Self::TooLarge(_) => None,
            Self::Syntax { line, .. } | Self::Section { line, .. } | Self::Value { line, .. } => {
                Some(*line)
            }
        }
    }
}
