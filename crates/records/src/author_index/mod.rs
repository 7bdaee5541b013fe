//! All author records of a CPAN in one file, signed by an operator: the author index.
//!
//! It names the authorized signers of an author before anybody has seen a release of that author. Its records
//! prove themselves, as they do in the directories of their authors. The operator adds three facts:
//!
//! - which of two conflicting records was first;
//! - the [`Override`] for an author who lost every identity: public, and in effect after a delay;
//! - the [`PackageOwners`] of each package. A package that is not there has unknown owners.
//!
//! Each author and each package has one line, so that any tool can compare two versions. The reader leaves an
//! author as text until a caller needs the records.

mod difference;
mod draft;
mod error;
mod overrides;
mod packages;
mod read;
#[cfg(test)]
mod tests;

pub use difference::{AuthorChange, Difference, OwnerChange, difference, owner_changes};
pub use draft::Draft;
pub use error::AuthorIndexError;
pub use overrides::{KnownOverride, OVERRIDE_DELAY, Override, REASON_LIMIT, in_effect};
pub use packages::{MAINTAINERS_LIMIT, PackageOwners, TRANSFER_DELAY, Transfer};

use std::{fmt, ops::Range};

use jiff::Timestamp;

use crate::record::AuthorRecord;
use cpan_sigstore_core::{
    digest::Sha256Digest,
    release::{PackageName, PauseId},
};

/// The value of `mediaType`.
pub const MEDIA_TYPE: &str = "application/vnd.cpan.sigstore.index.v1+json";
/// Largest index, in bytes.
pub const SIZE_LIMIT: usize = 256 * 1024 * 1024;
/// Most authors; CPAN has some 15 000 after thirty years.
pub const AUTHORS_LIMIT: usize = 200_000;
/// Most overrides.
pub const OVERRIDES_LIMIT: usize = 10_000;
/// Most packages; CPAN has some 250 000 after thirty years.
pub const PACKAGES_LIMIT: usize = 2_000_000;
/// Most transfers.
pub const TRANSFERS_LIMIT: usize = 100_000;
/// Most earlier indexes whose digests an index has, beside that of the one before. An operator whose index
/// changes every hour reaches it after more than a year, with some 750 KB.
pub const EARLIER_LIMIT: usize = 10_000;
/// Largest bundle of a record, in bytes.
pub const BUNDLE_LIMIT: usize = 1024 * 1024;
/// Highest number; every reader of JSON represents it exactly.
pub const NUMBER_LIMIT: u64 = (1 << 53) - 1;

/// All author records of a CPAN, as an operator found them.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthorIndex {
    text: String,
    digest: Sha256Digest,
    number: u64,
    previous: Option<Sha256Digest>,
    earlier: Vec<Sha256Digest>,
    dated: Timestamp,
    authors: Vec<(PauseId, Range<usize>)>,
    overrides: Vec<Override>,
    packages: Vec<(PackageName, PackageOwners)>,
    transfers: Vec<Transfer>,
}

/// The part of an index for one author.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Author<'a> {
    id: &'a PauseId,
    text: &'a str,
}

/// A record in an index. Nothing has verified its bundle yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The record.
    pub record: AuthorRecord,
    /// Its bundle, as JSON on one line.
    pub bundle: String,
}

impl AuthorIndex {
    /// Reads an index, strictly. [`Author::entries`] reads the records of an author.
    ///
    /// # Errors
    /// [`AuthorIndexError`] if the text is no author index.
    pub fn parse(text: Vec<u8>) -> Result<Self, AuthorIndexError> {
        read::index(text)
    }

    /// Returns the exact text, which the operator signs.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the SHA-256 of the exact text.
    pub fn digest(&self) -> Sha256Digest {
        self.digest
    }

    /// Returns its number, from 1.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Returns the digest of the index before; `None` in number 1.
    pub fn previous(&self) -> Option<Sha256Digest> {
        self.previous
    }

    /// Returns the digests of the indexes before that one, the newest first.
    pub fn earlier(&self) -> &[Sha256Digest] {
        &self.earlier
    }

    /// Returns the digest that an index of this number has in this history; `None` if it is higher than its own
    /// number, or so low that the index does not state its digest any more.
    pub fn digest_of(&self, number: u64) -> Option<Sha256Digest> {
        match self.number.checked_sub(number)? {
            0 => Some(self.digest),
            1 => self.previous,
            back => {
                let at = usize::try_from(back - 2).ok()?;
                self.earlier.get(at).copied()
            }
        }
    }

    /// Returns the time at which the operator read the CPAN.
    pub fn dated(&self) -> Timestamp {
        self.dated
    }

    /// Returns the overrides, by author and version.
    pub fn overrides(&self) -> &[Override] {
        &self.overrides
    }

    /// Returns the overrides for an author.
    pub fn overrides_of<'a>(&'a self, author: &PauseId) -> impl Iterator<Item = &'a Override> {
        self.overrides
            .iter()
            .filter(move |one| one.author == *author)
    }

    /// Returns the authors, sorted.
    pub fn authors(&self) -> impl ExactSizeIterator<Item = Author<'_>> {
        self.authors.iter().map(|author| self.view(author))
    }

    /// Returns the part for an author, if there is one.
    pub fn author(&self, id: &PauseId) -> Option<Author<'_>> {
        let at = self.authors.binary_search_by(|(other, _)| other.cmp(id));
        at.ok().map(|at| self.view(&self.authors[at]))
    }

    /// Returns the packages and their authors, sorted by the bytes of the names.
    pub fn packages(&self) -> &[(PackageName, PackageOwners)] {
        &self.packages
    }

    /// Returns the authors of a package. Without an answer nothing is known of it, which is not "nobody".
    pub fn owners_of(&self, package: &PackageName) -> Option<&PackageOwners> {
        let at = self
            .packages
            .binary_search_by(|(other, _)| other.as_str().cmp(package.as_str()));
        at.ok().map(|at| &self.packages[at].1)
    }

    /// Returns the transfers that are not in effect yet, sorted by package.
    pub fn transfers(&self) -> &[Transfer] {
        &self.transfers
    }

    fn view<'a>(&'a self, (id, range): &'a (PauseId, Range<usize>)) -> Author<'a> {
        Author {
            id,
            text: &self.text[range.clone()],
        }
    }
}

impl<'a> Author<'a> {
    /// Returns the author of the records.
    pub fn id(&self) -> &'a PauseId {
        self.id
    }

    /// Returns the exact text.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// Returns the records, from version 1 without a gap. It does not check whether they form a chain.
    ///
    /// # Errors
    /// [`AuthorIndexError`] if a record is invalid.
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
            .field("packages", &self.packages.len())
            .finish_non_exhaustive()
    }
}
