//! The RECENT files of a CPAN, which list the files that were published and deleted lately, parsed as data.
//!
//! The format is protocol 1 of File::Rsync::Mirror::Recentfile: one file for each of some intervals, in YAML
//! under `authors/` with paths from there, and in JSON at the root of many mirrors. Nobody signs them, so they
//! only name the files to check.

mod epoch;
mod news;
mod read;

pub use epoch::{Epoch, EpochError};
pub use news::{Coverage, News, NewsError, news};

/// Size limit of a file, in bytes; that of a month has some 3 MiB on CPAN.
pub const SIZE_LIMIT: usize = 16 * 1024 * 1024;
/// Limit of the events in one file.
pub const EVENT_LIMIT: usize = 200_000;
/// Length limit of a path, in bytes.
pub const PATH_LIMIT: usize = 1024;

/// A RECENT file: the latest event of each path within an interval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recent {
    interval: String,
    dirtymark: Option<Epoch>,
    events: Vec<Event>,
}

/// A change of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its time.
    pub epoch: Epoch,
    /// The path of the file, relative to the RECENT file.
    pub path: String,
    /// Its kind.
    pub kind: EventKind,
}

/// The kind of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// The file was written, for the first time or again.
    New,
    /// The file was deleted.
    Delete,
}

/// Reasons to refuse a RECENT file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecentError {
    /// It is larger than the limit.
    #[error("expected at most {SIZE_LIMIT} bytes, found more")]
    TooLarge,
    /// It is not UTF-8.
    #[error("expected UTF-8 text, found other bytes")]
    NotText,
    /// It is no YAML, or has another shape.
    #[error("expected {expected}, found {found}")]
    Shape {
        /// The expected part.
        expected: &'static str,
        /// The part that was found.
        found: String,
    },
    /// A key occurs twice.
    #[error("expected `{0}` once, found it twice")]
    Twice(String),
    /// A key is missing.
    #[error("expected `{0}`, found none")]
    Missing(&'static str),
    /// It has another protocol.
    #[error("expected protocol 1, found `{0}`")]
    Protocol(String),
    /// A time is invalid.
    #[error(transparent)]
    Epoch(#[from] EpochError),
    /// A path is invalid, or leads elsewhere.
    #[error("expected a path below the RECENT file, found `{0}`")]
    Path(String),
    /// It has more events than the limit.
    #[error("expected at most {EVENT_LIMIT} events, found more")]
    TooMany,
    /// The events have another order.
    #[error("expected the newest event first, found the one of {later} after that of {earlier}")]
    Order {
        /// The newer one.
        later: Epoch,
        /// The one before it.
        earlier: Epoch,
    },
}

impl Recent {
    /// Parses a file in YAML, or in JSON, which is YAML.
    ///
    /// # Errors
    /// [`RecentError`] if it has another form, or two meanings.
    pub fn parse(bytes: &[u8]) -> Result<Self, RecentError> {
        if bytes.len() > SIZE_LIMIT {
            return Err(RecentError::TooLarge);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| RecentError::NotText)?;
        read::recent(text)
    }

    /// Its interval, such as `6h`.
    pub fn interval(&self) -> &str {
        &self.interval
    }

    /// The time of the last change among past events. A reader of older events has to read all again.
    pub fn dirtymark(&self) -> Option<&Epoch> {
        self.dirtymark.as_ref()
    }

    /// The events, newest first.
    pub fn events(&self) -> &[Event] {
        &self.events
    }
}
