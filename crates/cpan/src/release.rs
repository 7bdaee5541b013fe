//! A release: the archive with its bundle and the author's records.

use cpan_sigstore_core::release::ReleasePath;
use cpan_sigstore_files::{HashedFile, HashingWriter};
use cpan_sigstore_http::{Download, Validators};

use crate::{ARCHIVE_LIMIT, client::Cpan, error::CpanError};

/// A release as the CPAN has it, unverified.
#[derive(Debug)]
pub struct FetchedRelease<R> {
    /// The bundle beside the archive; `None` if there is none.
    pub bundle: Option<Vec<u8>>,
    /// The author's records.
    pub records: R,
    /// The archive.
    pub archive: FetchedArchive,
}

/// An archive that the CPAN has.
#[derive(Clone, Debug)]
pub enum FetchedArchive {
    /// It was written to its file.
    Written {
        /// The file, with the digest of the bytes as they came.
        file: HashedFile,
        /// The conditions for the next request.
        validators: Validators,
    },
    /// It is unchanged since the conditions of the request.
    Unchanged,
}

impl Cpan {
    /// Reads a release in the order bundle, records, archive; `None` if there is no archive.
    ///
    /// The archive is written to `into`, unless it is unchanged since `known`. `records` reads the author's
    /// records, or returns those that the caller has.
    ///
    /// # Errors
    /// [`CpanError`] if the CPAN cannot be read, and the error of `records`.
    pub async fn fetch_release<R, E: From<CpanError>>(
        &self,
        path: &ReleasePath,
        records: impl Future<Output = Result<R, E>>,
        known: &Validators,
        mut into: HashingWriter,
    ) -> Result<Option<FetchedRelease<R>>, E> {
        let bundle = self.bundle(path).await?;
        let records = records.await?;
        let download = self
            .download(&path.to_string(), known, ARCHIVE_LIMIT, &mut into)
            .await?;
        let archive = match download {
            Download::Absent => return Ok(None),
            Download::Unchanged => FetchedArchive::Unchanged,
            Download::Whole(validators) => FetchedArchive::Written {
                file: into.finish(),
                validators,
            },
        };
        Ok(Some(FetchedRelease {
            bundle,
            records,
            archive,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, io::Read as _};

    use cpan_sigstore_core::digest::Sha256Digest;

    #[tokio::test]
    async fn fetches_archive_with_digest_bundle_and_records() {
        let root = tempfile::tempdir().unwrap();
        let path: ReleasePath = "authors/id/A/AB/ABC/Foo-1.tar.gz".parse().unwrap();
        let file = root.path().join(path.to_string());
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        let cpan = Cpan::in_folder(root.path());
        let into = || HashingWriter::new(tempfile::tempfile().unwrap()).unwrap();
        let nothing = Validators::default();
        let records = || cpan.author_records(&path.author, 1, |_| true);
        let fetched = cpan.fetch_release(&path, records(), &nothing, into()).await;
        assert!(fetched.unwrap().is_none());

        fs::write(&file, "archive").unwrap();
        fs::write(file.with_file_name("Foo-1.tar.gz.sigstore.json"), "{}").unwrap();
        let fetched = cpan.fetch_release(&path, records(), &nothing, into()).await;
        let fetched = fetched.unwrap().unwrap();
        assert_eq!(fetched.bundle.as_deref(), Some(&b"{}"[..]));
        assert!(fetched.records.is_empty());
        let FetchedArchive::Written { file, validators } = fetched.archive else {
            panic!("expected an archive");
        };
        assert_eq!(file.digest(), Sha256Digest::of(b"archive"));
        let mut text = String::new();
        file.reader().read_to_string(&mut text).unwrap();
        assert_eq!(text, "archive");
        let again = cpan
            .fetch_release(&path, records(), &validators, into())
            .await;
        let again = again.unwrap().unwrap().archive;
        assert!(matches!(again, FetchedArchive::Unchanged));
    }
}
