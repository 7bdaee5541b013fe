//! From uploaded to published: whether a CPAN serves what was signed.

use std::fmt;

use cpan_sigstore_core::digest::Sha256Digest;

use crate::{Cpan, CpanError, Directory};

/// What should be published.
#[derive(Clone, Debug)]
pub struct Awaited {
    /// In which directory.
    pub directory: Directory,
    /// The archive's base name.
    pub archive: String,
    /// What was signed.
    pub digest: Sha256Digest,
    /// The bundle's base name.
    pub bundle: String,
}

/// What a CPAN serves of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Not all of it yet.
    Waiting(Missing),
    /// All of it; the bundle has still to be verified.
    Published {
        /// The bundle, as it is served.
        bundle: Vec<u8>,
    },
    /// An archive with other bytes than those that were signed.
    OtherArchive {
        /// SHA-256 of what is served.
        found: Sha256Digest,
    },
    /// The archive that was signed, and CHECKSUMS that speak of another.
    OtherChecksums {
        /// The SHA-256 they state.
        found: Sha256Digest,
    },
}

/// What is not there yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Missing {
    /// The archive.
    pub archive: bool,
    /// The bundle.
    pub bundle: bool,
    /// The archive in CHECKSUMS.
    pub checksums: bool,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            (self.archive, "the archive"),
            (self.bundle, "the bundle"),
            (self.checksums, "the archive in CHECKSUMS"),
        ];
        let missing: Vec<_> = parts
            .into_iter()
            .filter_map(|(is_missing, part)| is_missing.then_some(part))
            .collect();
        f.write_str(&missing.join(", "))
    }
}

/// Looks again and again at one release on a CPAN.
pub struct Watch<'a> {
    cpan: &'a Cpan,
    awaited: Awaited,
    /// An archive never changes once it is there: it is read once.
    archive_seen: bool,
}

impl<'a> Watch<'a> {
    /// Begins to watch.
    pub fn new(cpan: &'a Cpan, awaited: Awaited) -> Self {
        Self {
            cpan,
            awaited,
            archive_seen: false,
        }
    }

    /// Looks once. A bundle of more than `bundle_limit` bytes is an error.
    ///
    /// # Errors
    /// Where the CPAN gives no answer of use.
    pub async fn look(&mut self, bundle_limit: usize) -> Result<Seen, CpanError> {
        let Awaited {
            directory,
            archive,
            digest,
            bundle,
        } = &self.awaited;
        if !self.archive_seen {
            match self.cpan.digest(&directory.path(archive)).await? {
                Some(found) if found != *digest => return Ok(Seen::OtherArchive { found }),
                found => self.archive_seen = found.is_some(),
            }
        }
        let served = self
            .cpan
            .file(&directory.path(bundle), bundle_limit)
            .await?;
        let checksums = self.cpan.checksums(directory).await?.unwrap_or_default();
        let stated = checksums.get(archive).and_then(|entry| entry.sha256);
        if let Some(found) = stated.filter(|stated| stated != digest) {
            return Ok(Seen::OtherChecksums { found });
        }
        match served {
            Some(bundle) if self.archive_seen && stated.is_some() => Ok(Seen::Published { bundle }),
            served => Ok(Seen::Waiting(Missing {
                archive: !self.archive_seen,
                bundle: served.is_none(),
                checksums: stated.is_none(),
            })),
        }
    }
}
