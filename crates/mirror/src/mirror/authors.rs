//! The records of authors, for as long as any answer is fresh.

use std::sync::Arc;

use cpan_sigstore_core::release::PauseId;
use cpan_sigstore_gate::RecordFile;

use super::{Mirror, error::FetchError};

impl Mirror {
    /// The records in an author's directory that are newer than those of the trust store.
    pub(super) async fn author_records(
        &self,
        author: &PauseId,
    ) -> Result<Arc<[RecordFile]>, FetchError> {
        match self.generation().authors.get(author).await {
            Some(records) => Ok(records),
            None => self.author_records_now(author).await,
        }
    }

    /// The same, read again.
    pub(super) async fn author_records_now(
        &self,
        author: &PauseId,
    ) -> Result<Arc<[RecordFile]>, FetchError> {
        let generation = self.generation();
        let records = generation
            .gate
            .newer_records::<FetchError>(&self.upstream, author);
        let records: Arc<[RecordFile]> = records.await?.into();
        let authors = &generation.authors;
        authors.insert(author.clone(), Arc::clone(&records)).await;
        Ok(records)
    }

    /// The fresh records, while the upstream cannot be read.
    pub(super) async fn fresh_author_records(&self, author: &PauseId) -> Arc<[RecordFile]> {
        let authors = &self.generation().authors;
        authors.get(author).await.unwrap_or_default()
    }
}
