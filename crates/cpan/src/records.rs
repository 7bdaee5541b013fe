//! The records in an author's directory.
//!
//! A CPAN has no list of them, so versions are requested one by one, from the first that is not known.

use cpan_sigstore_core::{bundle::SIZE_LIMIT as BUNDLE_LIMIT, release::PauseId};
use cpan_sigstore_records::record::{
    RECORDS_LIMIT, RecordFile, RecordName, SIZE_LIMIT, VERSION_LIMIT,
};

use crate::{client::Cpan, error::CpanError, path::BUNDLE_SUFFIX};

impl Cpan {
    /// Reads the records of an author from a version on, until one is missing. None of them is verified.
    ///
    /// # Errors
    /// [`CpanError::TooManyRecords`] if there are more than [`RECORDS_LIMIT`], so that a chain is never cut
    /// off silently; another [`CpanError`] if the CPAN cannot be read.
    pub async fn author_records(
        &self,
        author: &PauseId,
        from: u32,
    ) -> Result<Vec<RecordFile>, CpanError> {
        let (files, is_complete) = self
            .author_records_within(author, from, RECORDS_LIMIT)
            .await?;
        if !is_complete {
            return Err(CpanError::TooManyRecords {
                author: author.clone(),
                limit: RECORDS_LIMIT,
            });
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
        let bundle = format!("{path}{BUNDLE_SUFFIX}");
        let bundle = self.file_or_oversized(&bundle, BUNDLE_LIMIT).await?;
        Ok(Some(RecordFile {
            version,
            json,
            bundle,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[tokio::test]
    async fn rejects_longer_record_chain_instead_of_cutting_it_off() {
        let root = tempfile::tempdir().unwrap();
        let author: PauseId = "ABC".parse().unwrap();
        let folder = root.path().join(author.directory());
        fs::create_dir_all(&folder).unwrap();
        let cpan = Cpan::in_folder(root.path());
        let add = |version: usize| {
            let name = format!("ABC-sigstore-identities-{version}.json");
            fs::write(folder.join(name), "{}").unwrap();
        };
        (1..=RECORDS_LIMIT).for_each(add);
        let all = cpan.author_records(&author, 1).await.unwrap();
        assert_eq!(all.len(), RECORDS_LIMIT);
        add(RECORDS_LIMIT + 1);
        let error = cpan.author_records(&author, 1).await.unwrap_err();
        assert!(matches!(error, CpanError::TooManyRecords { .. }), "{error}");
        // A reader who knows the first version reads the rest.
        let rest = cpan.author_records(&author, 2).await.unwrap();
        assert_eq!(rest.len(), RECORDS_LIMIT);
    }
}
