//! A folder below an author's on PAUSE.

use std::{fmt, str::FromStr};

use serde::{Serialize, Serializer};

use super::is_name_character;

/// Longest subdirectory, in characters: the whole path may have 255.
const LONGEST: usize = 200;

/// A folder below an author's, such as `Perl6` or `patches/old`; nothing that leads out of it.
///
/// # Security
///
/// It has no `authors/id`. CPAN::DistnameInfo, by which cpanm reads paths, looks for the author behind the last one,
/// so that `T/TI/TIM/authors/id/E/EV/EVIL/…` is EVIL's to it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subdirectory(String);

/// The text is no subdirectory.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "invalid subdirectory: expected letters, digits and `_-@+.`, no part with a dot first, and no `authors/id`, found `{0}`"
)]
pub struct SubdirectoryError(String);

impl Subdirectory {
    /// The path, without a slash at either end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether PAUSE takes it for an upload as it is: it drops every dot. Folders that are older than
    /// that rule may have some.
    pub fn is_accepted_for_uploads(&self) -> bool {
        !self.0.contains('.')
    }
}

impl FromStr for Subdirectory {
    type Err = SubdirectoryError;

    fn from_str(text: &str) -> Result<Self, SubdirectoryError> {
        let is_part = |part: &str| {
            !part.is_empty() && !part.starts_with('.') && part.chars().all(is_name_character)
        };
        let path = text.strip_suffix('/').unwrap_or(text);
        // In any place, so that no pattern of a client finds another start.
        let is_second_root = path.contains("authors/id");
        if path.len() <= LONGEST && path.split('/').all(is_part) && !is_second_root {
            Ok(Self(path.to_owned()))
        } else {
            Err(SubdirectoryError(text.chars().take(80).collect()))
        }
    }
}

impl fmt::Display for Subdirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Subdirectory {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}
