//! Why an archive was not read to its end.

use std::io;

use crate::limits;

/// Why an archive was not read to its end.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file itself cannot be read, which says nothing about the archive.
    #[error(transparent)]
    Io(io::Error),
    /// The archive is damaged, ends early, or is of a form that is not read.
    #[error("{0}")]
    Corrupt(String),
    /// A limit was passed.
    #[error(transparent)]
    Limit(#[from] LimitPassed),
}

/// A limit was passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}: at most {limit}")]
pub struct LimitPassed {
    /// What there is too much of.
    pub what: &'static str,
    /// How much is read.
    pub limit: u64,
}

impl LimitPassed {
    /// More members than are read.
    pub const MEMBERS: Self = Self {
        what: "members",
        limit: limits::MEMBERS,
    };
}

/// An error of the file below a decompressor, marked so that it is not taken for one of the archive.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct OfTheFile(io::Error);

impl ReadError {
    /// Marks an error of the file for its way through a decompressor.
    pub fn of_the_file(error: io::Error) -> io::Error {
        io::Error::new(error.kind(), OfTheFile(error))
    }

    /// Sends a limit on its way through the readers above.
    pub fn limit(what: &'static str, limit: u64) -> io::Error {
        io::Error::other(LimitPassed { what, limit })
    }
}

impl From<io::Error> for ReadError {
    /// What a reader of the unpacked stream reports.
    fn from(error: io::Error) -> Self {
        let is_about =
            |error: &io::Error| error.get_ref().is_some_and(|inner| inner.is::<OfTheFile>());
        if is_about(&error) {
            return match error.downcast::<OfTheFile>() {
                Ok(OfTheFile(error)) | Err(error) => Self::Io(error),
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
