use std::io;

use crate::{
    form::{FormError, ZipProblem},
    limits,
};

/// Error of reading an archive.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be read. This says nothing about the archive.
    #[error(transparent)]
    Io(io::Error),
    /// The archive is damaged, ends early, or has an unsupported form.
    #[error("{0}")]
    Corrupt(String),
    /// The archive has a form that readers may read differently.
    #[error(transparent)]
    Form(#[from] FormError),
    #[error(transparent)]
    Limit(#[from] LimitPassed),
}

impl From<ZipProblem> for ReadError {
    fn from(problem: ZipProblem) -> Self {
        Self::Form(problem.into())
    }
}

/// A limit that the archive exceeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}: at most {limit}")]
pub struct LimitPassed {
    /// A noun, such as `members`.
    pub what: &'static str,
    /// The largest allowed number.
    pub limit: u64,
}

impl LimitPassed {
    pub const MEMBERS: Self = Self {
        what: "members",
        limit: limits::MEMBERS,
    };
}

/// An error of the file below a decompressor, marked to tell it from an error of the archive.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct FileError(io::Error);

impl ReadError {
    /// Marks an error of the file for its way through a decompressor.
    pub fn file_error(error: io::Error) -> io::Error {
        io::Error::new(error.kind(), FileError(error))
    }

    /// Wraps an exceeded limit for its way through a decompressor.
    pub fn limit(what: &'static str, limit: u64) -> io::Error {
        io::Error::other(LimitPassed { what, limit })
    }
}

impl From<io::Error> for ReadError {
    /// Converts an error of the unpacked stream.
    fn from(error: io::Error) -> Self {
        let is_about =
            |error: &io::Error| error.get_ref().is_some_and(|inner| inner.is::<FileError>());
        if is_about(&error) {
            return match error.downcast::<FileError>() {
                Ok(FileError(error)) | Err(error) => Self::Io(error),
            };
        }
        let limit = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<LimitPassed>())
            .copied();
        match limit {
            Some(limit) => Self::Limit(limit),
            None if error.kind() == io::ErrorKind::UnexpectedEof => {
                Self::Corrupt("it ends early".into())
            }
            None => Self::Corrupt(error.to_string()),
        }
    }
}
