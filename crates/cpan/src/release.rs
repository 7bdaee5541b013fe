//! A release: the archive with its bundle and the author's records.

use std::fs::File;

use cpan_sigstore_core::{digest::Sha256Digest, release::ReleasePath};
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FetchedArchive {
    /// It was written to the file.
    Written {
        /// SHA-256, computed from the bytes as they came.
        digest: Sha256Digest,
        /// Its size in bytes.
        size: u64,
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
        into: &mut File,
    ) -> Result<Option<FetchedRelease<R>>, E> {
        let bundle = self.bundle(path).await?;
        let records = records.await?;
        let download = self
            .download(&path.to_string(), known, ARCHIVE_LIMIT, into)
            .await?;
        let archive = match download {
            Download::Absent => return Ok(None),
            Download::Unchanged => FetchedArchive::Unchanged,
            Download::Whole {
                digest,
                size,
                validators,
            } => FetchedArchive::Written {
                digest,
                size,
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
    use std::{
        fs,
        io::{Read as _, Seek as _},
    };

    #[tokio::test]
    async fn fetches_archive_with_digest_bundle_and_records() {
        let root = tempfile::tempdir().unwrap();
        let path: ReleasePath = "authors/id/A/AB/ABC/Foo-1.tar.gz".parse().unwrap();
        let file = root.path().join(path.to_string());
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        let cpan = Cpan::in_folder(root.path());
        let mut into = tempfile::tempfile().unwrap();
        let nothing = Validators::default();
        let records = || cpan.author_records(&path.author, 1);
        let fetched = cpan
            .fetch_release(&path, records(), &nothing, &mut into)
            .await;
        assert!(fetched.unwrap().is_none());

        fs::write(&file, "archive").unwrap();
        fs::write(file.with_file_name("Foo-1.tar.gz.sigstore.json"), "{}").unwrap();
        let fetched = cpan
            .fetch_release(&path, records(), &nothing, &mut into)
            .await;
        let fetched = fetched.unwrap().unwrap();
        assert_eq!(fetched.bundle.as_deref(), Some(&b"{}"[..]));
        assert!(fetched.records.is_empty());
        let FetchedArchive::Written {
            digest, validators, ..
        } = fetched.archive
        else {
            panic!("expected an archive");
        };
        assert_eq!(digest, Sha256Digest::of(b"archive"));
        let mut text = String::new();
        into.rewind().unwrap();
        into.read_to_string(&mut text).unwrap();
        assert_eq!(text, "archive");
        let again = cpan
            .fetch_release(&path, records(), &validators, &mut into)
            .await;
        assert_eq!(again.unwrap().unwrap().archive, FetchedArchive::Unchanged);
    }
}
