//! The records in an author's directory.
//!
//! A CPAN has no list of them, so versions are requested one by one, from the first that is not known.

use cpan_sigstore_core::{bundle::SIZE_LIMIT as BUNDLE_LIMIT, release::PauseId};
use cpan_sigstore_records::record::{
    RECORDS_LIMIT, RecordFile, RecordName, SIZE_LIMIT, VERSION_LIMIT,
};

use crate::{client::Cpan, error::CpanError, path::BUNDLE_SUFFIX};

/// Limit of the bytes of all records that are read from one directory, with their bundles.
const ALL_RECORDS_LIMIT: usize = 64 * 1024 * 1024;

impl Cpan {
    /// Reads the records of an author from a version on, until one is missing. None of them is verified.
    ///
    /// They are read page by page, of [`RECORDS_LIMIT`] each. A page is followed by another one only if its last
    /// record is signed, as `is_signed` decides. So neither a file that anybody can make up, nor very many bytes
    /// keep a reader busy.
    ///
    /// # Errors
    /// [`CpanError::TooManyRecords`] if there are more, so that a chain is never cut off silently; another
    /// [`CpanError`] if the CPAN cannot be read.
    pub async fn author_records(
        &self,
        author: &PauseId,
        from: u32,
        is_signed: impl Fn(&RecordFile) -> bool,
    ) -> Result<Vec<RecordFile>, CpanError> {
        let mut files: Vec<RecordFile> = Vec::new();
        let mut size = 0;
        for version in from..=VERSION_LIMIT {
            let Some(file) = self.author_record(author, version).await? else {
                break;
            };
            size += file.json.len() + file.bundle.as_ref().map_or(0, Vec::len);
            let is_next_page = !files.is_empty() && files.len().is_multiple_of(RECORDS_LIMIT);
            let is_end = is_next_page && !files.last().is_some_and(&is_signed);
            if is_end || size > ALL_RECORDS_LIMIT {
                return Err(CpanError::TooManyRecords {
                    author: author.clone(),
                    read: files.len(),
                });
            }
            files.push(file);
        }
        Ok(files)
    }

    /// Reads at most `limit` records of an author, and returns whether these are all from that version on.
    ///
    /// # Errors
    /// [`CpanError`] if the CPAN cannot be read.
    pub async fn author_records_within(
        &self,
        author: &PauseId,
        from: u32,
        limit: usize,
    ) -> Result<(Vec<RecordFile>, bool), CpanError> {
        let mut files = Vec::new();
        for version in from..=VERSION_LIMIT {
            let Some(file) = self.author_record(author, version).await? else {
                return Ok((files, true));
            };
            if files.len() == limit {
                return Ok((files, false));
            }
            files.push(file);
        }
        Ok((files, true))
    }

    /// Reads one version of an author's record; `None` if there is none.
    ///
    /// # Errors
    /// [`CpanError`] if the CPAN cannot be read.
    pub async fn author_record(
        &self,
        author: &PauseId,
        version: u32,
    ) -> Result<Option<RecordFile>, CpanError> {
        let name = RecordName {
            author: author.clone(),
            version,
        };
        let path = name.path();
        let Some(json) = self.file_or_oversized(&path, SIZE_LIMIT).await? else {
            return Ok(None);
        };
        let bundle = self.author_record_bundle(&name).await?;
        Ok(Some(RecordFile {
            version,
            json,
            bundle,
        }))
    }

    /// Reads one version of an author's record, if its text is another than the known one.
    ///
    /// # Errors
    /// [`CpanError`] if the CPAN cannot be read.
    pub async fn changed_author_record(
        &self,
        author: &PauseId,
        version: u32,
        known: &[u8],
    ) -> Result<Option<RecordFile>, CpanError> {
        let name = RecordName {
            author: author.clone(),
            version,
        };
        let json = self.file_or_oversized(&name.path(), SIZE_LIMIT).await?;
        match json {
            Some(json) if json != known => Ok(Some(RecordFile {
                version,
                json,
                bundle: self.author_record_bundle(&name).await?,
            })),
            _ => Ok(None),
        }
    }

    /// Reads the bundle of one version of an author's record, with or without the record; `None` if there is none.
    ///
    /// # Errors
    /// [`CpanError`] if the CPAN cannot be read.
    pub async fn author_record_bundle(
        &self,
        name: &RecordName,
    ) -> Result<Option<Vec<u8>>, CpanError> {
        let path = format!("{}{BUNDLE_SUFFIX}", name.path());
        self.file_or_oversized(&path, BUNDLE_LIMIT).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{cell::RefCell, fs, path::Path};

    /// A CPAN in a folder with this many files of records.
    fn cpan(root: &Path, count: usize, json: &str) -> Cpan {
        let folder = root.join(author().directory());
        fs::create_dir_all(&folder).unwrap();
        for version in 1..=count {
            let name = format!("ABC-sigstore-identities-{version}.json");
            fs::write(folder.join(name), json).unwrap();
        }
        Cpan::in_folder(root)
    }

    fn author() -> PauseId {
        "ABC".parse().unwrap()
    }

    #[tokio::test]
    async fn reads_all_pages_of_signed_records() {
        let root = tempfile::tempdir().unwrap();
        let cpan = cpan(root.path(), 2 * RECORDS_LIMIT + 1, "{}");
        let seen = RefCell::new(Vec::new());
        let is_signed = |file: &RecordFile| {
            seen.borrow_mut().push(file.version);
            true
        };
        let all = cpan.author_records(&author(), 1, is_signed).await.unwrap();
        let versions: Vec<_> = all.iter().map(|file| file.version).collect();
        assert_eq!(versions, (1..=513).collect::<Vec<_>>());
        assert_eq!(*seen.borrow(), [256, 512]);
    }

    #[tokio::test]
    async fn reads_no_page_after_a_record_that_is_not_signed() {
        let root = tempfile::tempdir().unwrap();
        let cpan = cpan(root.path(), RECORDS_LIMIT + 1, "{}");
        let unsigned = |_: &RecordFile| false;
        let error = cpan.author_records(&author(), 1, unsigned).await;
        let error = error.unwrap_err();
        assert!(
            matches!(error, CpanError::TooManyRecords { read: 256, .. }),
            "{error}"
        );
        // A reader who knows the first version reads the rest.
        let rest = cpan.author_records(&author(), 2, unsigned).await.unwrap();
        assert_eq!(rest.len(), RECORDS_LIMIT);
    }

    #[tokio::test]
    async fn limits_the_bytes_of_all_records() {
        let root = tempfile::tempdir().unwrap();
        let count = ALL_RECORDS_LIMIT / SIZE_LIMIT;
        let large = " ".repeat(SIZE_LIMIT);
        let cpan = cpan(root.path(), count, &large);
        let read = cpan.author_records(&author(), 1, |_| true).await.unwrap();
        assert_eq!(read.len(), count);
        let name = format!("ABC-sigstore-identities-{}.json", count + 1);
        fs::write(root.path().join(author().directory()).join(name), "{}").unwrap();
        let error = cpan.author_records(&author(), 1, |_| true).await;
        assert!(matches!(error, Err(CpanError::TooManyRecords { .. })));
    }
}
