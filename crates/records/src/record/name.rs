//! The name of a record's file: `AUTHOR-sigstore-identities-N.json`.

use std::{fmt, str::FromStr};

use super::VERSION_LIMIT;
use cpan_sigstore_core::release::PauseId;

/// The part between author and version.
const MIDDLE: &str = "-sigstore-identities-";
/// The end of the name.
const SUFFIX: &str = ".json";

/// The name of a record's file, with author and version.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordName {
    /// The author.
    pub author: PauseId,
    /// The version, from 1.
    pub version: u32,
}

/// The text is no name of a record's file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "invalid name of an author record: expected one such as TIMLEGGE{MIDDLE}1{SUFFIX}, found `{0}`"
)]
pub struct RecordNameError(String);

impl RecordName {
    /// Where the file is on a CPAN: in the author's own directory, never below it.
    pub fn path(&self) -> String {
        format!("{}{self}", self.author.directory())
    }
}

impl FromStr for RecordName {
    type Err = RecordNameError;

    /// Reads the name of a file. One record has one name, to the letter.
    fn from_str(text: &str) -> Result<Self, RecordNameError> {
        let read = || {
            let (author, rest) = text.split_once(MIDDLE)?;
            let version = rest.strip_suffix(SUFFIX)?.parse().ok()?;
            let name = Self {
                author: author.parse().ok()?,
                version,
            };
            ((1..=VERSION_LIMIT).contains(&version) && name.to_string() == text).then_some(name)
        };
        read().ok_or_else(|| RecordNameError(text.chars().take(80).collect()))
    }
}

impl fmt::Display for RecordName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{MIDDLE}{}{SUFFIX}", self.author, self.version)
    }
}
