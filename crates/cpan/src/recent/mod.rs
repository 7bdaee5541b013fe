//! The files RECENT of a CPAN: what was published and deleted lately, read as data.
//!
//! They are those of File::Rsync::Mirror::Recentfile, protocol 1: one for each of some intervals, in YAML
//! under `authors/` with paths from there, in JSON at the root of many mirrors. They are signed by nobody
//! and say where to look, never what is there.

mod epoch;
mod news;
mod read;

pub use epoch::{Epoch, EpochError};
pub use news::{Coverage, News, NewsError, news};

/// Largest file that is read, in bytes; the one of a month has some 3 MiB on CPAN.
pub const SIZE_LIMIT: usize = 16 * 1024 * 1024;
/// The most events in one file.
pub const EVENT_LIMIT: usize = 200_000;
/// The longest path, in bytes.
pub const PATH_LIMIT: usize = 1024;

/// One file: the latest event of each path within an interval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recent {
    interval: String,
    dirtymark: Option<Epoch>,
    events: Vec<Event>,
}

/// Something that happened to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub epoch: Epoch,
    /// To which file, from where the file RECENT lies.
    pub path: String,
    /// What.
    pub kind: EventKind,
}

/// What happened to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// It was written, for the first time or again.
    New,
    /// It was deleted.
    Delete,
}

/// The bytes are no file RECENT.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecentError {
    /// More than is read.
    #[error("expected at most {SIZE_LIMIT} bytes, found more")]
    TooLarge,
    /// No text.
    #[error("expected a text in UTF-8, found something else")]
    NoText,
    /// No YAML, or one of another shape.
    #[error("expected {expected}, found {found}")]
    Shape {
        /// What should be there.
        expected: &'static str,
        /// What is there.
        found: String,
    },
    /// A key that says two things.
    #[error("expected `{0}` once, found it twice")]
    Twice(String),
    /// A key that is not there.
    #[error("expected `{0}`, found none")]
    Missing(&'static str),
    /// Written by other rules.
    #[error("expected protocol 1, found `{0}`")]
    Protocol(String),
    /// A time that is none.
    #[error(transparent)]
    Epoch(#[from] EpochError),
    /// A path that leads elsewhere, or is none.
    #[error("expected the path of a file below, found `{0}`")]
    Path(String),
    /// More events than are read.
    #[error("expected at most {EVENT_LIMIT} events, found more")]
    TooMany,
    /// Not as the format has them.
    #[error("expected the newest event first, found the one of {later} after that of {earlier}")]
    Order {
        /// The newer one.
        later: Epoch,
        /// The one before it.
        earlier: Epoch,
    },
}

impl Recent {
    /// Reads a file, in YAML or in JSON, which is YAML.
    ///
    /// # Errors
    /// Where it is not as the format has it. A text that can be read in two ways is refused.
    pub fn parse(bytes: &[u8]) -> Result<Self, RecentError> {
        if bytes.len() > SIZE_LIMIT {
            return Err(RecentError::TooLarge);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| RecentError::NoText)?;
        read::recent(text)
    }

    /// Which interval, such as `6h`.
    pub fn interval(&self) -> &str {
        &self.interval
    }

    /// When something was last put among the events of the past, so that whoever has read them has to look
    /// at everything anew.
    pub fn dirtymark(&self) -> Option<&Epoch> {
        self.dirtymark.as_ref()
    }

    /// The events, newest first.
    pub fn events(&self) -> &[Event] {
        &self.events
    }
}
