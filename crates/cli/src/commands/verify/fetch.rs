//! Archives and bundles from a CPAN, into temporary files.

use cpan_sigstore_core::release::ReleasePath;
use cpan_sigstore_cpan::ARCHIVE_LIMIT;
use cpan_sigstore_cpan::{
    index::{self, PackageIndexError, Packages},
    upstream::Upstream,
};
use cpan_sigstore_gate::{RecordFile, TrustStore};
use cpan_sigstore_http::{Download, Validators};
use jiff::Timestamp;
use tempfile::NamedTempFile;

use crate::failure::Failure;

/// The index of packages.
const INDEX: &str = "modules/02packages.details.txt.gz";

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
        let packed = self.cpan.small(INDEX, index::SIZE_LIMIT).await?;
        let packed = packed.ok_or_else(|| self.absent(INDEX.to_owned()))?;
        let text = index::unpack(&packed, index::SIZE_LIMIT).map_err(PackageIndexError::from)?;
        let packages = Packages::parse(&text).map_err(PackageIndexError::from)?;
        let newest = memory
            .note_index_date(&self.cpan.name(), packages.date(), now)
            .await?;
        if newest > packages.date() {
            return Err(Failure::IndexRolledBack {
                newest,
                found: packages.date(),
            });
        }
        let release = packages.find(module);
        release.ok_or_else(|| self.absent(format!("the module {module}")))
    }

    fn absent(&self, what: String) -> Failure {
        Failure::NotOnCpan {
            what,
            cpan: self.cpan.name(),
        }
    }
}
