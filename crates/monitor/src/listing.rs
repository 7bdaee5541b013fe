//! What an author has on a CPAN, by CHECKSUMS, read as data: a list of where to look.

use std::collections::{BTreeMap, VecDeque};

use cpan_sigstore_core::{
    digest::Sha256Digest,
    release::{PauseId, ReleasePath},
};
use cpan_sigstore_cpan::{
    checksums::{Checksums, SIZE_LIMIT as CHECKSUMS_LIMIT},
    published::Directory,
};
use cpan_sigstore_cpan::{path::BUNDLE_SUFFIX, upstream::Upstream};

use super::error::ListingError;

/// Most directories of one author.
const DIRECTORIES: usize = 1000;
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
    pub async fn of(upstream: &Upstream, author: &PauseId) -> Result<Self, ListingError> {
        let mut listing = Self::default();
        let mut left = VecDeque::from([Directory::new(author.clone(), None)]);
        let mut seen = 0;
        while let Some(directory) = left.pop_front() {
            seen += 1;
            if seen > DIRECTORIES {
                return Err(ListingError::TooMany {
                    what: "directories",
                    limit: DIRECTORIES,
                });
            }
            let path = directory.path("CHECKSUMS");
            let Some(text) = upstream.small(&path, CHECKSUMS_LIMIT).await? else {
                // A directory that was deleted may still be listed in the one above.
                continue;
            };
            let checksums = Checksums::parse(&text)
                .map_err(|source| ListingError::Checksums { path, source })?;
            listing.is_there = true;
            listing.take(&directory, &checksums)?;
            left.extend(directory.folders(&checksums));
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
                return Err(ListingError::TooMany {
                    what: "releases",
                    limit: RELEASES,
                });
            }
        }
        Ok(())
    }
}
