//! The records that lie in an author's directory. A CPAN cannot be asked for a list, so that versions are
//! tried one by one, from the first that is not known.

use cpan_sigstore_core::bundle::SIZE_LIMIT as BUNDLE_LIMIT;
use cpan_sigstore_core::release::PauseId;
use cpan_sigstore_records::record::{RECORDS_LIMIT, RecordFile};
use cpan_sigstore_records::record::{RecordName, SIZE_LIMIT, VERSION_LIMIT};

use crate::{
    path::BUNDLE_SUFFIX,
    upstream::{Upstream, UpstreamError},
};

impl Upstream {
    /// The records of an author from a version on, until one is not there. Nothing of them is believed;
    /// whoever gets them has the gate verify them.
    ///
    /// # Errors
    /// Where there is no answer of use.
    pub async fn author_records(
        &self,
        author: &PauseId,
        from: u32,
    ) -> Result<Vec<RecordFile>, UpstreamError> {
        let mut files = Vec::new();
        for version in from..=VERSION_LIMIT {
            if files.len() == RECORDS_LIMIT {
                break;
            }
            match self.author_record(author, version).await? {
                Some(file) => files.push(file),
                None => break,
            }
        }
        Ok(files)
    }

    /// One version of an author's record; `None` where there is none.
    ///
    /// # Errors
    /// Where there is no answer of use.
    pub async fn author_record(
        &self,
        author: &PauseId,
        version: u32,
    ) -> Result<Option<RecordFile>, UpstreamError> {
        let name = RecordName {
            author: author.clone(),
            version,
        };
        let path = name.path();
        let Some(json) = self.evidence(&path, SIZE_LIMIT).await? else {
            return Ok(None);
        };
        let bundle = self
            .evidence(&format!("{path}{BUNDLE_SUFFIX}"), BUNDLE_LIMIT)
            .await?;
        Ok(Some(RecordFile {
            version,
            json,
            bundle,
        }))
    }
}
