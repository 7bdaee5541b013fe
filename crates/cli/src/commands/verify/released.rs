//! A release on a CPAN, judged by the gate.

use cpan_sigstore_core::{
    finding::Finding,
    release::{PackageName, ReleasePath},
    verdict::Verdict,
};
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

/// The verdict about a release, and the bytes that it is about.
pub struct Released {
    pub verdict: Verdict,
    pub archive: HashedFile,
}

impl Release<'_> {
    /// Fetches the missing files, and judges the release.
    pub fn judge(
        self,
        gate: &Gate,
        fetcher: &Fetcher<'_>,
        session: &Session<'_>,
    ) -> Result<Released, CommandError> {
        let path = self.path;
        let is_first = session.wait(gate.is_first_use(self.packages))?;
        let permissions = match is_first {
            true => session.wait(fetcher.permissions())?,
            false => None,
        };
        session.wait(fetcher.follow_owners(gate, &path.author, self.packages))?;
        let is_local = self.archive.is_some();
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
        let candidate = Candidate {
            path,
            archive: ArchiveFile::Hashed(&fetched.archive),
            bundle: fetched.bundle.as_deref(),
            records: &fetched.records,
            packages: self.packages,
            permissions: permissions.as_ref(),
            index: self.index,
            log_proof: None,
        };
        let now = Timestamp::now();
        let verdict = match self.remember {
            true => session.wait(gate.admit(&candidate, now))?,
            false => session.wait(gate.judge(&candidate, now))?,
        };
        // The date of publication matters to this verdict alone.
        let published = match is_local && verdict.finding == Finding::Downgrade {
            true => session.wait(fetcher.published(path))?,
            false => fetched.published,
        };
        let verdict = session.wait(gate.await_bundle(path, published, verdict, now))?;
        Ok(Released {
            verdict,
            archive: fetched.archive,
        })
    }
}
