//! The files of an author on a CPAN, by CHECKSUMS: a list of files to check.

use std::collections::BTreeMap;

use cpan_sigstore_core::{
    digest::Sha256Digest,
    release::{PauseId, ReleasePath},
};
use cpan_sigstore_cpan::{Cpan, Directory, checksums::Checksums, path::BUNDLE_SUFFIX};

use super::error::ListingError;

/// Most releases of one author.
const RELEASES: usize = 50_000;

/// The archives that CHECKSUMS list.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Whether there are CHECKSUMS at all.
    pub is_there: bool,
    /// The archives, by path.
    pub releases: BTreeMap<String, ListedRelease>,
}

/// An archive, and its bundle.
#[derive(Debug)]
pub(super) struct ListedRelease {
    pub path: ReleasePath,
    /// Its digest, as stated.
    pub stated: Option<Sha256Digest>,
    /// The bundle beside it, with its digest as stated.
    pub bundle: Option<Option<Sha256Digest>>,
}

impl Listing {
    /// Reads the directories of an author.
    pub async fn of(cpan: &Cpan, author: &PauseId) -> Result<Self, ListingError> {
        let mut listing = Self::default();
        let mut walk = cpan.directories(author);
        while let Some((directory, checksums)) = walk.next().await? {
            listing.is_there = true;
            listing.add(&directory, &checksums)?;
        }
        Ok(listing)
    }

    fn add(&mut self, directory: &Directory, checksums: &Checksums) -> Result<(), ListingError> {
        for (name, entry) in checksums.iter().filter(|(_, entry)| !entry.is_directory) {
            // Nobody installs any other file.
            let Ok(path) = directory.path(name).parse::<ReleasePath>() else {
                continue;
            };
            if path.author != *directory.author() {
                continue;
            }
            let bundle = checksums.get(&format!("{name}{BUNDLE_SUFFIX}"));
            let listed = ListedRelease {
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
