//! All author records of a CPAN in one file, signed by an operator: the operator index.
//!
//! It says who signs for whom before anybody has seen a release of theirs. The records prove themselves in it
//! as they do in the directories of their authors; what the operator adds is which of two that conflict was
//! there first, and, openly and after a delay, the [`Override`] of an author who lost every identity.
//!
//! One author stands on one line, so that two versions can be compared by any tool. Of what is read, authors
//! stay text until they are asked for.

mod difference;
mod draft;
mod error;
mod overrides;
mod read;
#[cfg(test)]
mod tests;

pub use difference::{AuthorChange, Difference, difference};
pub use draft::Draft;
pub use error::AuthorIndexError;
pub use overrides::{KnownOverride, OVERRIDE_DELAY, Override, REASON_LIMIT, in_effect};

use std::{fmt, ops::Range};

use jiff::Timestamp;

use crate::record::AuthorRecord;
use cpan_sigstore_core::{digest::Sha256Digest, release::PauseId};

/// What stands in `mediaType`.
pub const MEDIA_TYPE: &str = "application/vnd.cpan.sigstore.index.v1+json";
/// Largest index that is read, in bytes.
pub const SIZE_LIMIT: usize = 256 * 1024 * 1024;
/// Most authors; CPAN has some 15 000 after thirty years.
pub const AUTHORS_LIMIT: usize = 200_000;
/// Most overrides.
pub const OVERRIDES_LIMIT: usize = 10_000;
/// Largest bundle of a record, in bytes.
pub const BUNDLE_LIMIT: usize = 1024 * 1024;
/// Highest number: what every reader of JSON holds exactly.
pub const NUMBER_LIMIT: u64 = (1 << 53) - 1;

/// All author records of a CPAN, as an operator found them.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthorIndex {
    text: String,
    digest: Sha256Digest,
    number: u64,
    previous: Option<Sha256Digest>,
    dated: Timestamp,
    authors: Vec<(PauseId, Range<usize>)>,
    overrides: Vec<Override>,
}

/// What stands in an index of one author.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Author<'a> {
    id: &'a PauseId,
    text: &'a str,
}

/// A record in an index. Its bundle is not verified by being there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The record.
    pub record: AuthorRecord,
    /// Its bundle, as JSON on one line.
    pub bundle: String,
}

impl AuthorIndex {
    /// Reads an index, strictly. The records of an author are read when they are asked for.
    ///
    /// # Errors
    /// Where it is none.
    pub fn parse(text: Vec<u8>) -> Result<Self, AuthorIndexError> {
        read::index(text)
    }

    /// The exact text, which is what is signed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// SHA-256 of the exact text.
    pub fn digest(&self) -> Sha256Digest {
        self.digest
    }

    /// Its number, from 1.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The digest of the index before; `None` in number 1.
    pub fn previous(&self) -> Option<Sha256Digest> {
        self.previous
    }

    /// When the CPAN was looked at.
    pub fn dated(&self) -> Timestamp {
        self.dated
    }

    /// The overrides, by author and version.
    pub fn overrides(&self) -> &[Override] {
        &self.overrides
    }

    /// The overrides for an author.
    pub fn overrides_of<'a>(&'a self, author: &PauseId) -> impl Iterator<Item = &'a Override> {
        self.overrides
            .iter()
            .filter(move |one| one.author == *author)
    }

    /// The authors, sorted.
    pub fn authors(&self) -> impl ExactSizeIterator<Item = Author<'_>> {
        self.authors.iter().map(|author| self.view(author))
    }

    /// What stands in it of an author.
    pub fn author(&self, id: &PauseId) -> Option<Author<'_>> {
        let at = self.authors.binary_search_by(|(other, _)| other.cmp(id));
        at.ok().map(|at| self.view(&self.authors[at]))
    }

    fn view<'a>(&'a self, (id, range): &'a (PauseId, Range<usize>)) -> Author<'a> {
        Author {
            id,
            text: &self.text[range.clone()],
        }
    }
}

impl<'a> Author<'a> {
    /// Whose records they are.
    pub fn id(&self) -> &'a PauseId {
        self.id
    }

    /// The exact text.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// The records, from version 1 without a gap. Whether they follow on each other is not said.
    ///
    /// # Errors
    /// Where they are none.
    pub fn entries(&self) -> Result<Vec<Entry>, AuthorIndexError> {
        read::entries(self.id, self.text)
    }
}

impl fmt::Debug for AuthorIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorIndex")
            .field("number", &self.number)
            .field("digest", &self.digest)
            .field("authors", &self.authors.len())
            .finish_non_exhaustive()
    }
}
