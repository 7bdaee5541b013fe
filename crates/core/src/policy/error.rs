//! What is wrong with a `policy.toml`.

use super::SIZE_LIMIT;

/// A policy that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// It is too large.
    #[error("expected a policy of at most {SIZE_LIMIT} bytes, found {0}")]
    TooLarge(usize),
    /// It is no TOML, or states something that has no meaning.
    #[error("line {line}: {reason}")]
    Syntax {
        /// The line, from 1.
        line: usize,
        /// What was expected and found.
        reason: String,
    },
    /// A section is about nobody, or about the same one twice.
    #[error("line {line}: expected {expected}, found `{found}`")]
    Section {
        /// The line, from 1.
        line: usize,
        /// What a section can be about.
        expected: &'static str,
        /// What it is about.
        found: String,
    },
    /// A value is out of the range that makes sense.
    #[error("line {line}: expected {expected}, found {found}")]
    Value {
        /// The line, from 1.
        line: usize,
        /// What it may be.
        expected: &'static str,
        /// What it is.
        found: String,
    },
}

impl PolicyError {
    /// Where it is wrong, from 1.
    pub const fn line(&self) -> Option<usize> {
        match self {
            Self::TooLarge(_) => None,
            Self::Syntax { line, .. } | Self::Section { line, .. } | Self::Value { line, .. } => {
                Some(*line)
            }
        }
    }
}
