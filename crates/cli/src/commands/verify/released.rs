//! A release on a CPAN, judged by the gate.

use cpan_sigstore_core::{
    finding::Finding,
    release::{PackageName, ReleasePath},
    verdict::Verdict,
};
use cpan_sigstore_cpan::package_index::PackageAuthors;
use cpan_sigstore_files::HashedFile;
use cpan_sigstore_gate::{ArchiveFile, Candidate, Gate, IndexStanding};
use jiff::Timestamp;

use super::fetch::{Fetched, Fetcher};
use crate::{error::CommandError, session::Session};

/// A release to be judged, with the files that the caller has.
pub struct Release<'a> {
    pub path: &'a ReleasePath,
    /// The packages that led to it.
    pub packages: &'a [PackageName],
    /// Whether everybody sees the package index in which they do.
    pub index: IndexStanding,
    /// The archive; `None` for the one on the CPAN.
    pub archive: Option<HashedFile>,
    /// The bundle; `None` for the one on the CPAN.
    pub bundle: Option<Vec<u8>>,
    /// Whether the trust store remembers an admitted release.
    pub remember: bool,
}

/// A release with all its files.
pub struct FetchedCandidate<'a> {
    path: &'a ReleasePath,
    packages: &'a [PackageName],
    index: IndexStanding,
    fetched: Fetched,
    permissions: Option<PackageAuthors>,
}

/// The verdict about a release, and the bytes that it is about.
pub struct Released {
    pub verdict: Verdict,
    pub archive: HashedFile,
}

impl<'a> Release<'a> {
    /// Fetches the missing files.
    pub fn fetch(
        self,
        gate: &Gate,
        fetcher: &Fetcher<'_>,
        session: &Session<'_>,
    ) -> Result<FetchedCandidate<'a>, CommandError> {
        let path = self.path;
        let is_first = session.wait(gate.is_first_use(self.packages))?;
        let permissions = match is_first {
            true => session.wait(fetcher.permissions())?,
            false => None,
        };
        session.wait(fetcher.follow_owners(gate, &path.author, self.packages))?;
        let fetched = match self.archive {
            Some(archive) => {
                session.wait(fetcher.fetch_beside(path, archive, self.bundle, gate))?
            }
            None => {
                let fetched = session.wait(fetcher.fetch(path, gate))?;
                Fetched {
                    bundle: self.bundle.or(fetched.bundle),
                    ..fetched
                }
            }
        };
        Ok(FetchedCandidate {
            path,
            packages: self.packages,
            index: self.index,
            fetched,
            permissions,
        })
    }

    /// Fetches the missing files, and judges the release.
    pub fn judge(
        self,
        gate: &Gate,
        fetcher: &Fetcher<'_>,
        session: &Session<'_>,
    ) -> Result<Released, CommandError> {
        let (path, remember) = (self.path, self.remember);
        let is_local = self.archive.is_some();
        let release = self.fetch(gate, fetcher, session)?;
        let candidate = release.candidate();
        let now = Timestamp::now();
        let verdict = match remember {
            true => session.wait(gate.admit(&candidate, now))?,
            false => session.wait(gate.judge(&candidate, now))?,
        };
        // The date of publication matters to this verdict alone.
        let published = match is_local && verdict.finding == Finding::Downgrade {
            true => session.wait(fetcher.published(path))?,
            false => release.fetched.published,
        };
        let verdict = session.wait(gate.await_bundle(path, published, verdict, now))?;
        Ok(Released {
            verdict,
            archive: release.fetched.archive,
        })
    }
}

impl FetchedCandidate<'_> {
    /// The release for the gate.
    pub fn candidate(&self) -> Candidate<'_> {
        Candidate {
            path: self.path,
            archive: ArchiveFile::Hashed(&self.fetched.archive),
            bundle: self.fetched.bundle.as_deref(),
            records: &self.fetched.records,
            packages: self.packages,
            permissions: self.permissions.as_ref(),
            index: self.index,
            log_proof: None,
        }
    }
}
