//! The client of a CPAN.

use std::path::{Path, PathBuf};

use cpan_sigstore_core::{
    bundle::SIZE_LIMIT as BUNDLE_LIMIT,
    digest::Sha256Digest,
    release::{PauseId, ReleasePath},
};
use cpan_sigstore_files::HashingWriter;
use cpan_sigstore_http::{Download, HeaderValue, Validators};

use crate::{
    ARCHIVE_LIMIT,
    checksums::{self, Checksums},
    directory::Directory,
    error::CpanError,
    package_index::{SIZE_LIMIT as SITE_FILE_LIMIT, unpack},
    path::{BUNDLE_SUFFIX, SiteFile},
    source::Source,
    walk::DirectoryWalk,
};

/// A CPAN, by HTTP or in a folder.
///
/// # Security
///
/// Nothing that it returns is trusted: a mirror may serve any bytes.
#[derive(Clone, Debug)]
pub struct Cpan {
    source: Source,
}

impl Cpan {
    /// The CPAN at an address: `http`, `https`, or `file` for a folder.
    ///
    /// # Errors
    /// [`CpanError::Address`] for any other address, and [`CpanError::Http`] if TLS cannot be set up.
    pub fn at(address: &str) -> Result<Self, CpanError> {
        let source = Source::at(address)?;
        Ok(Self { source })
    }

    /// The same CPAN, to whose server each request proves who reads. A folder needs no proof.
    #[must_use]
    pub fn with_authorization(self, authorization: HeaderValue) -> Self {
        let source = self.source.with_authorization(authorization);
        Self { source }
    }

    /// The same CPAN, read for a server of this name, which recognises requests that lead back to it.
    #[must_use]
    pub fn via(self, name: &str) -> Self {
        let source = self.source.via(name);
        Self { source }
    }

    /// The CPAN in a folder, such as minicpan and DarkPAN tools write it.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self {
            source: Source::Folder(folder.into()),
        }
    }

    /// The folder; `None` for a CPAN by HTTP.
    pub fn folder(&self) -> Option<&Path> {
        match &self.source {
            Source::Folder(folder) => Some(folder),
            Source::Http { .. } => None,
        }
    }

    /// The name under which caches and the trust store keep this CPAN: its address without credentials.
    pub fn name(&self) -> String {
        self.source.name()
    }

    /// The address of a file, without credentials.
    pub fn address(&self, path: &str) -> String {
        self.source.address(path)
    }

    /// Reads a file of at most `limit` bytes; `None` if there is none.
    ///
    /// # Errors
    /// [`CpanError`] if the CPAN cannot be read, or the file is larger.
    pub async fn file(&self, path: &str, limit: usize) -> Result<Option<Vec<u8>>, CpanError> {
        self.source.file(path, limit).await
    }

    /// Reads a file that the gate judges. Zeros that exceed the limit, too, replace a file that exceeds it,
    /// so that the gate reports its size.
    pub(crate) async fn file_or_oversized(
        &self,
        path: &str,
        limit: usize,
    ) -> Result<Option<Vec<u8>>, CpanError> {
        match self.file(path, limit).await {
            Err(error) if error.is_too_large() => Ok(Some(vec![0; limit + 1])),
            other => other,
        }
    }

    /// Reads the bundle of a release; `None` if there is none. Bytes that are too large for a bundle replace
    /// a file that is.
    ///
    /// # Errors
    /// [`CpanError`] if the CPAN cannot be read.
    pub async fn bundle(&self, path: &ReleasePath) -> Result<Option<Vec<u8>>, CpanError> {
        let path = format!("{path}{BUNDLE_SUFFIX}");
        self.file_or_oversized(&path, BUNDLE_LIMIT).await
    }

    /// Writes a file of at most `limit` bytes to `into`, unless it is unchanged since `known`.
    ///
    /// # Errors
    /// [`CpanError`] if the CPAN cannot be read, the file is larger, or `into` cannot be written.
    pub async fn download(
        &self,
        path: &str,
        known: &Validators,
        limit: u64,
        into: &mut HashingWriter,
    ) -> Result<Download, CpanError> {
        self.source.download(path, known, limit, into).await
    }

    /// The digest of an archive; `None` if there is none.
    ///
    /// # Errors
    /// [`CpanError`] if the CPAN cannot be read.
    pub async fn digest(&self, path: &str) -> Result<Option<Sha256Digest>, CpanError> {
        self.source.digest(path, ARCHIVE_LIMIT).await
    }

    /// Reads the CHECKSUMS of a directory; `None` if there is none.
    ///
    /// # Errors
    /// [`CpanError`] if the CPAN cannot be read, or CHECKSUMS is invalid.
    pub async fn checksums(&self, directory: &Directory) -> Result<Option<Checksums>, CpanError> {
        let path = directory.path("CHECKSUMS");
        let Some(text) = self.file(&path, checksums::SIZE_LIMIT).await? else {
            return Ok(None);
        };
        let parsed = Checksums::parse(&text).map_err(|source| CpanError::Checksums {
            address: self.address(&path),
            source,
        })?;
        Ok(Some(parsed))
    }

    /// A walk through all directories of an author.
    pub fn directories(&self, author: &PauseId) -> DirectoryWalk<'_> {
        DirectoryWalk::new(self, author)
    }

    /// Reads the unpacked text of a site file, from its gzip or else from the plain file; `None` if there is
    /// neither.
    ///
    /// # Errors
    /// [`CpanError`] if the CPAN cannot be read, or the gzip cannot be unpacked.
    pub async fn site_file(&self, file: SiteFile) -> Result<Option<Vec<u8>>, CpanError> {
        let gzip = format!("{}.gz", file.path());
        let Some(packed) = self.file(&gzip, SITE_FILE_LIMIT).await? else {
            return self.file(file.path(), SITE_FILE_LIMIT).await;
        };
        let text = unpack(&packed, SITE_FILE_LIMIT).map_err(|source| CpanError::Packed {
            address: self.address(&gzip),
            source,
        })?;
        Ok(Some(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_a_cpan_below_a_path() {
        let cpan = Cpan::at("http://user:secret@127.0.0.1/cpan").unwrap();
        let directory = Directory::new("AUTHOR".parse().unwrap(), Some("a/b".parse().unwrap()));
        assert_eq!(
            cpan.address(&directory.path("Foo-1+2.tar.gz")),
            "http://127.0.0.1/cpan/authors/id/A/AU/AUTHOR/a/b/Foo-1+2.tar.gz"
        );
        assert_eq!(cpan.name(), "http://127.0.0.1/cpan/");
        for address in ["www.cpan.org", "ftp://127.0.0.1/", "http://127.0.0.1/?x"] {
            assert!(Cpan::at(address).is_err(), "{address}");
        }
        let folder = Cpan::at("file:///srv/cpan/").unwrap();
        assert!(folder.folder().is_some());
        assert_eq!(folder.name(), "file:/srv/cpan/");
    }
}
