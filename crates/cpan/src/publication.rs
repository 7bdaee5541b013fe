//! From uploaded to published: whether a CPAN serves the signed bytes.

use std::fmt;

use cpan_sigstore_core::digest::Sha256Digest;

use crate::{client::Cpan, directory::Directory, error::CpanError};

/// The release that is expected.
#[derive(Clone, Debug)]
pub struct Expected {
    /// Its directory.
    pub directory: Directory,
    /// The base name of the archive.
    pub archive: String,
    /// SHA-256 of the signed archive.
    pub digest: Sha256Digest,
    /// The base name of the bundle.
    pub bundle: String,
}

/// The state of a release on a CPAN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// A part is still missing.
    Waiting(Missing),
    /// All parts are there. The bundle is not verified.
    Published {
        /// The bundle.
        bundle: Vec<u8>,
    },
    /// The archive has other bytes than the signed one.
    OtherArchive {
        /// SHA-256 of the archive on CPAN.
        found: Sha256Digest,
    },
    /// CHECKSUMS states another digest than that of the signed archive.
    OtherChecksums {
        /// The digest that CHECKSUMS states.
        found: Sha256Digest,
    },
}

/// The missing parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Missing {
    /// Whether the archive is missing.
    pub archive: bool,
    /// Whether the bundle is missing.
    pub bundle: bool,
    /// Whether the archive is missing in CHECKSUMS.
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

/// Reads the state of one release on a CPAN.
pub struct Poller<'a> {
    cpan: &'a Cpan,
    expected: Expected,
    /// An archive never changes, so it is read once.
    archive_seen: bool,
}

impl<'a> Poller<'a> {
    /// A poller that has read nothing yet.
    pub fn new(cpan: &'a Cpan, expected: Expected) -> Self {
        Self {
            cpan,
            expected,
            archive_seen: false,
        }
    }

    /// Reads the state once.
    ///
    /// # Errors
    /// [`CpanError`] if the CPAN cannot be read, or the bundle has more than `bundle_limit` bytes.
    pub async fn look(&mut self, bundle_limit: usize) -> Result<State, CpanError> {
        let Expected {
            directory,
            archive,
            digest,
            bundle,
        } = &self.expected;
        if !self.archive_seen {
            match self.cpan.digest(&directory.path(archive)).await? {
                Some(found) if found != *digest => return Ok(State::OtherArchive { found }),
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
            return Ok(State::OtherChecksums { found });
        }
        match served {
            Some(bundle) if self.archive_seen && stated.is_some() => {
                Ok(State::Published { bundle })
            }
            served => Ok(State::Waiting(Missing {
                archive: !self.archive_seen,
                bundle: served.is_none(),
                checksums: stated.is_none(),
            })),
        }
    }
}
