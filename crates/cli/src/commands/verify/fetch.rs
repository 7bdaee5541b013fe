//! Releases from a CPAN, into temporary files.

use cpan_sigstore_core::{
    finding::Exit,
    release::{PackageName, PauseId, ReleasePath},
};
use cpan_sigstore_cpan::package_index::{PackageAuthors, PackageIndexError, PermissionList};
use cpan_sigstore_cpan::{
    ARCHIVE_LIMIT, Cpan, FetchedArchive, FetchedRelease, path::SiteFile, published,
};
use cpan_sigstore_files::{HashedFile, HashingWriter};
use cpan_sigstore_gate::{AcceptedIndex, Gate, IndexReadError, IndexStanding, RecordFile};
use cpan_sigstore_http::{Download, Validators};
use jiff::Timestamp;

use crate::error::CommandError;

/// Reads releases from a CPAN.
pub struct Fetcher<'a> {
    cpan: &'a Cpan,
}

/// A release as the CPAN has it, unverified.
pub struct Fetched {
    /// The archive, in a file without a name.
    pub archive: HashedFile,
    /// The bundle beside it; `None` if there is none.
    pub bundle: Option<Vec<u8>>,
    /// The author's records in the author's directory.
    pub records: Vec<RecordFile>,
    /// The date of publication that the CPAN states.
    pub published: Option<Timestamp>,
}

impl<'a> Fetcher<'a> {
    /// A reader of this CPAN.
    pub fn new(cpan: &'a Cpan) -> Self {
        Self { cpan }
    }

    /// Reads archive and bundle of a release, and its author's records that the gate does not know.
    ///
    /// # Errors
    /// No archive, or a CPAN that cannot be read.
    pub async fn fetch(&self, path: &ReleasePath, gate: &Gate) -> Result<Fetched, CommandError> {
        let into = temporary_file()?;
        let fetched = self
            .cpan
            .fetch_release::<_, CommandError>(
                path,
                gate.newer_records(self.cpan, &path.author),
                &Validators::default(),
                into,
            )
            .await?;
        match fetched {
            Some(FetchedRelease {
                bundle,
                records,
                archive: FetchedArchive::Written { file, validators },
            }) => Ok(Fetched {
                archive: file,
                bundle,
                records,
                published: published(&validators),
            }),
            // Without a condition nothing is unchanged.
            _ => Err(self.absent(path.to_string())),
        }
    }

    /// Reads the bundle of a local archive, if the caller has none, and its author's records that the gate does not
    /// know.
    ///
    /// # Errors
    /// A CPAN that cannot be read.
    pub async fn fetch_beside(
        &self,
        path: &ReleasePath,
        archive: HashedFile,
        bundle: Option<Vec<u8>>,
        gate: &Gate,
    ) -> Result<Fetched, CommandError> {
        let bundle = match bundle {
            Some(bundle) => Some(bundle),
            None => self.cpan.bundle(path).await?,
        };
        let records = gate.newer_records::<CommandError>(self.cpan, &path.author);
        Ok(Fetched {
            archive,
            bundle,
            records: records.await?,
            published: None,
        })
    }

    /// Reads the newest records of the owners of packages, if the author is no owner of one.
    ///
    /// # Errors
    /// A CPAN or a trust store that cannot be read.
    pub async fn follow_owners(
        &self,
        gate: &Gate,
        author: &PauseId,
        packages: &[PackageName],
    ) -> Result<(), CommandError> {
        gate.follow_owners(self.cpan, author, packages, Timestamp::now())
            .await
    }

    /// The date of publication that the CPAN states; `None` without an archive.
    ///
    /// # Errors
    /// A CPAN that cannot be read.
    pub async fn published(&self, path: &ReleasePath) -> Result<Option<Timestamp>, CommandError> {
        let mut into = temporary_file()?;
        let (archive, known) = (path.to_string(), Validators::default());
        let download = self
            .cpan
            .download(&archive, &known, ARCHIVE_LIMIT, &mut into);
        Ok(match download.await? {
            Download::Whole(validators) => published(&validators),
            Download::Unchanged | Download::Absent => None,
        })
    }

    /// The release that the index has a module in, and whether everybody sees that index.
    ///
    /// # Errors
    /// Where the index has none, is no index, or is older than one that was seen.
    pub async fn release_of(
        &self,
        module: &PackageName,
        gate: &Gate,
        now: Timestamp,
    ) -> Result<(ReleasePath, IndexStanding), CommandError> {
        let read = gate.read_package_index(self.cpan, now).await?;
        let AcceptedIndex { index, standing } =
            read.ok_or_else(|| self.absent(SiteFile::Packages.path().to_owned()))?;
        let release = index.find(module.as_str()).map(|path| (path, standing));
        release.ok_or_else(|| self.absent(format!("the module {module}")))
    }

    /// The authors of packages by the CPAN itself; `None` if it has no list, or none that can be used.
    pub async fn permissions(&self) -> Result<Option<PackageAuthors>, CommandError> {
        let text = self.cpan.site_file(SiteFile::Permissions).await?;
        let list = text.and_then(|text| PermissionList::parse(&text).ok());
        Ok(list.map(|list| PackageAuthors::of(&list)))
    }

    fn absent(&self, what: String) -> CommandError {
        CommandError::failed(format!("cannot find {what} at {}", self.cpan.name()))
    }
}

/// A file without a name.
///
/// # Errors
/// A folder for temporary files that cannot be written.
pub fn temporary_file() -> Result<HashingWriter, CommandError> {
    tempfile::tempfile()
        .and_then(HashingWriter::new)
        .map_err(|source| CommandError::system("cannot create a temporary file", source))
}

impl From<IndexReadError> for CommandError {
    fn from(error: IndexReadError) -> Self {
        match error {
            IndexReadError::Cpan(error) => error.into(),
            IndexReadError::Invalid(error @ PackageIndexError::InTheFuture { .. }) => {
                Self::from(error).hinted("check the clock of this machine, or name another CPAN with `--cpan URL`")
            }
            IndexReadError::Invalid(error) => Self::from(error).hinted(
                "ask the operator of this CPAN to mend its index, or name another CPAN with `--cpan URL`",
            ),
            IndexReadError::RolledBack { newest, found } => Self::new(
                Exit::Downgrade,
                format!("rolled-back package index: expected {newest} or newer, found {found}"),
            )
            .hinted("try another mirror with `--cpan URL`, or try again later; an old index leads to old releases"),
            undated @ IndexReadError::Undated { .. } => Self::new(Exit::Downgrade, undated).hinted(
                "ask who runs this CPAN; if its tool was changed, forget the old date with `cpan-sigstore trust forget --index URL`",
            ),
            superseded @ IndexReadError::Superseded { .. } => Self::new(Exit::Downgrade, superseded)
                .hinted("try another mirror with `--cpan URL`, or try again later; an old index leads to old releases"),
            unlogged @ IndexReadError::Unlogged(_) => Self::new(Exit::Log, unlogged).hinted(
                "try again later if the index is new, or try another mirror with `--cpan URL`: others may see another index",
            ),
            forked @ IndexReadError::LogForked(_) => Self::new(Exit::Log, forked)
                .hinted("publish both checkpoints, which `cpan-sigstore trust list` shows, and ask the log's operator"),
            unavailable @ IndexReadError::LogUnavailable(_) => Self::new(Exit::TryLater, unavailable)
                .hinted("try again later; the policy requires the log"),
            IndexReadError::Store(error) => error.into(),
        }
    }
}
