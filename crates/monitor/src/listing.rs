//! What an author has on a CPAN, by CHECKSUMS, read as data: a list of where to look.

use std::collections::BTreeMap;

use cpan_sigstore_core::{
    digest::Sha256Digest,
    release::{PauseId, ReleasePath},
};
use cpan_sigstore_cpan::{Cpan, Directory, checksums::Checksums, path::BUNDLE_SUFFIX};

use super::error::ListingError;

/// Most releases of one author.
const RELEASES: usize = 50_000;

/// What CHECKSUMS list.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Whether there are CHECKSUMS at all.
    pub is_there: bool,
    /// The archives, by path.
    pub releases: BTreeMap<String, Listed>,
}

/// An archive.
#[derive(Debug)]
pub(super) struct Listed {
    pub path: ReleasePath,
    /// The digest that is stated.
    pub stated: Option<Sha256Digest>,
    /// The bundle beside it, with the digest that is stated.
    pub bundle: Option<Option<Sha256Digest>>,
}

impl Listing {
    /// Reads the directories of an author.
    pub async fn of(cpan: &Cpan, author: &PauseId) -> Result<Self, ListingError> {
        let mut listing = Self::default();
        let mut walk = cpan.directories(author);
        while let Some((directory, checksums)) = walk.next().await? {
            listing.is_there = true;
            listing.take(&directory, &checksums)?;
        }
        Ok(listing)
    }

    fn take(&mut self, directory: &Directory, checksums: &Checksums) -> Result<(), ListingError> {
        for (name, entry) in checksums.iter().filter(|(_, entry)| !entry.is_directory) {
            // What is no release of this author's is not looked at: nobody installs it.
            let Ok(path) = directory.path(name).parse::<ReleasePath>() else {
                continue;
            };
            if path.author != *directory.author() {
                continue;
            }
            let bundle = checksums.get(&format!("{name}{BUNDLE_SUFFIX}"));
            let listed = Listed {
                stated: entry.sha256,
                bundle: bundle.map(|bundle| bundle.sha256),
                path,
            };
            self.releases.insert(listed.path.to_string(), listed);
            if self.releases.len() > RELEASES {
                return Err(ListingError::TooManyReleases(RELEASES));
            }
        }
        Ok(())
    }
}
