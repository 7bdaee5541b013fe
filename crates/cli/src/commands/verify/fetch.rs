//! Archives and bundles from a CPAN, into temporary files.

use cpan_sigstore_core::release::ReleasePath;
use cpan_sigstore_cpan::ARCHIVE_LIMIT;
use cpan_sigstore_cpan::{path::SiteFile, upstream::Upstream};
use cpan_sigstore_gate::{IndexReadError, RecordFile, TrustStore, read_package_index};
use cpan_sigstore_http::{Download, Validators};
use jiff::Timestamp;
use tempfile::NamedTempFile;

use crate::failure::Failure;

/// A CPAN that is asked for releases.
pub struct Fetcher {
    cpan: Upstream,
}

/// A release as the CPAN has it.
pub struct Fetched {
    /// The archive, which is removed with this value.
    pub archive: NamedTempFile,
    /// The bundle beside it, where there is one.
    pub bundle: Option<Vec<u8>>,
    /// What lies in its author's directory of records.
    pub records: Vec<RecordFile>,
}

impl Fetcher {
    /// Asks this CPAN.
    pub fn new(cpan: Upstream) -> Self {
        Self { cpan }
    }

    /// Archive and bundle of a release, and its author's records from a version on.
    ///
    /// # Errors
    /// Where the CPAN does not have it, or gives no answer of use.
    pub async fn fetch(&self, path: &ReleasePath, from: u32) -> Result<Fetched, Failure> {
        let mut archive = NamedTempFile::new().map_err(|source| Failure::System {
            what: "expected to make a temporary file",
            source,
        })?;
        let known = Validators::default();
        let name = path.to_string();
        let got = self
            .cpan
            .download(&name, &known, ARCHIVE_LIMIT, archive.as_file_mut());
        match got.await? {
            Download::Whole { .. } => {}
            // Without a condition nothing is unchanged.
            Download::Absent | Download::Unchanged => return Err(self.absent(name)),
        }
        let bundle = self.cpan.bundle(path).await?;
        let records = self.cpan.author_records(&path.author, from).await?;
        Ok(Fetched {
            archive,
            bundle,
            records,
        })
    }

    /// The release that the index has a module in.
    ///
    /// # Errors
    /// Where the index has none, is no index, or is older than one that was seen.
    pub async fn release_of(
        &self,
        module: &str,
        memory: &TrustStore,
        now: Timestamp,
    ) -> Result<ReleasePath, Failure> {
        let index = read_package_index(&self.cpan, memory, now).await?;
        let index = index.ok_or_else(|| self.absent(SiteFile::Packages.path().to_owned()))?;
        let release = index.find(module);
        release.ok_or_else(|| self.absent(format!("the module {module}")))
    }

    fn absent(&self, what: String) -> Failure {
        Failure::NotOnCpan {
            what,
            cpan: self.cpan.name(),
        }
    }
}

impl From<IndexReadError> for Failure {
    fn from(error: IndexReadError) -> Self {
        match error {
            IndexReadError::Upstream(error) => error.into(),
            IndexReadError::Invalid(error) => error.into(),
            IndexReadError::RolledBack { newest, found } => Self::IndexRolledBack { newest, found },
            IndexReadError::Store(error) => error.into(),
        }
    }
}
