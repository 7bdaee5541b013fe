//! The records of the authors whose releases are asked for: looked for in their directories, and held for
//! as long as any answer.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use cpan_sigstore_core::release::PauseId;
use cpan_sigstore_gate::{GateError, RecordFile};

use super::Mirror;
use cpan_sigstore_cpan::CpanError;

/// Of how many authors the records are held.
const AUTHORS: usize = 20_000;

/// Records, and until when they hold.
type Held = (Instant, Arc<[RecordFile]>);

/// What was found in the directories of authors.
#[derive(Default)]
pub(super) struct AuthorRecords {
    found: Mutex<HashMap<PauseId, Held>>,
}

/// Why nothing was found out.
pub(super) enum AuthorTrouble {
    Upstream(CpanError),
    Gate(GateError),
}

impl AuthorRecords {
    fn get(&self, author: &PauseId) -> Option<Arc<[RecordFile]>> {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let (until, records) = found.get(author)?;
        (Instant::now() < *until).then(|| Arc::clone(records))
    }

    fn put(&self, author: &PauseId, records: &Arc<[RecordFile]>, holds: Duration) {
        let now = Instant::now();
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if found.len() >= AUTHORS {
            found.retain(|_, (until, _)| now < *until);
        }
        if found.len() >= AUTHORS {
            // To ask the upstream again costs less than the memory.
            found.clear();
        }
        found.insert(author.clone(), (now + holds, Arc::clone(records)));
    }

    /// Forgets all, as when another gate decides.
    pub fn clear(&self) {
        self.found
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}

impl Mirror {
    /// The records in an author's directory that are newer than what the gate knows, as they are or were a
    /// moment ago.
    pub(super) async fn author_records(
        &self,
        author: &PauseId,
    ) -> Result<Arc<[RecordFile]>, AuthorTrouble> {
        match self.authors.get(author) {
            Some(records) => Ok(records),
            None => self.author_records_now(author).await,
        }
    }

    /// The same, as they are.
    pub(super) async fn author_records_now(
        &self,
        author: &PauseId,
    ) -> Result<Arc<[RecordFile]>, AuthorTrouble> {
        let gate = self.gate();
        let known = gate
            .known_version(author)
            .await
            .map_err(AuthorTrouble::Gate)?;
        let records: Arc<[RecordFile]> = self
            .upstream
            .author_records(author, known + 1)
            .await
            .map_err(AuthorTrouble::Upstream)?
            .into();
        self.authors.put(author, &records, self.options.fresh);
        Ok(records)
    }

    /// What was found of them a moment ago, while the upstream is away.
    pub(super) fn held_author_records(&self, author: &PauseId) -> Arc<[RecordFile]> {
        self.authors.get(author).unwrap_or_default()
    }
}
