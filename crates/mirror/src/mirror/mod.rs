//! What becomes of a request.
//!
//! Whatever is asked for is fetched whole into the cache folder, looked at, and only then handed out:
//! there is no way from the upstream's body to a client. One fetch serves all who wait for it, and what
//! was found holds for a while ([`Options::fresh`]): an archive of CPAN never changes, but its bundle may.

mod authors;
mod documents;
mod flights;
mod release;

use std::{
    collections::HashMap,
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::{Duration, Instant},
};

use cpan_sigstore_core::decision::Decision;
use cpan_sigstore_gate::{Gate, TrustStore};
use jiff::Timestamp;
use tokio::sync::Semaphore;

use crate::{
    cache::{Cache, CacheError, Content, Known},
    record::{Record, Records, Refusal},
    server::OperatorFiles,
};
use authors::AuthorRecords;
use cpan_sigstore_cpan::{Cpan, path::CpanPath};
use flights::Flights;

/// How long a denial holds at most, so that a client that tries again is answered at once and an author
/// who adds a bundle is not kept waiting.
const DENIED_FOR: Duration = Duration::from_secs(30);
/// How long it holds at most that something could not be told.
const UNTOLD_FOR: Duration = Duration::from_secs(5);
/// How many files are fetched at once.
const FETCHES: usize = 16;
/// How many answers are remembered.
const ANSWERS: usize = 50_000;

/// How a mirror is to be.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder of the cache.
    pub cache: PathBuf,
    /// How much of it is kept, in bytes.
    pub cache_size: u64,
    /// How long an answer holds until the upstream is asked again.
    pub fresh: Duration,
    /// The clock that signatures and indexes are judged by.
    pub clock: fn() -> Timestamp,
}

/// What a client is answered.
#[derive(Clone, Debug)]
pub enum Answer {
    /// This file.
    File(Content),
    /// The upstream has no such file.
    Absent,
    /// It is not handed out, or not now; the record says why.
    Refused(Arc<Record>),
}

/// A mirror of one upstream.
pub struct Mirror {
    upstream: Cpan,
    gate: RwLock<Arc<Gate>>,
    cache: Cache,
    known: Known,
    records: Records,
    options: Options,
    answers: Mutex<HashMap<CpanPath, (Instant, Answer)>>,
    authors: AuthorRecords,
    operator: OperatorFiles,
    flights: Flights<CpanPath, Answer>,
    fetches: Semaphore,
}

impl Mirror {
    /// A mirror of `upstream` that hands out what `gate` allows.
    ///
    /// # Errors
    /// Where the cache folder cannot be used.
    pub fn new(
        upstream: Cpan,
        gate: Gate,
        records: Records,
        options: Options,
    ) -> Result<Arc<Self>, CacheError> {
        let cache = Cache::open(&options.cache, options.cache_size)?;
        let known = cache.known(&upstream.name())?;
        Ok(Arc::new(Self {
            upstream,
            gate: RwLock::new(Arc::new(gate)),
            cache,
            known,
            records,
            options,
            answers: Mutex::default(),
            authors: AuthorRecords::default(),
            operator: OperatorFiles::default(),
            flights: Flights::default(),
            fetches: Semaphore::new(FETCHES),
        }))
    }

    /// From now on this gate decides, as when the trust material was refreshed. What another gate allowed
    /// is decided anew.
    pub fn replace_gate(&self, gate: Gate) {
        self.authors.clear();
        *self.gate.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(gate);
        self.answers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// What the gate remembers.
    pub fn memory(&self) -> TrustStore {
        self.gate().memory().clone()
    }

    /// The operator's index that is served; none at first.
    pub fn operator(&self) -> &OperatorFiles {
        &self.operator
    }

    /// What was decided.
    pub fn records(&self) -> &Records {
        &self.records
    }

    /// What is kept.
    pub fn cache(&self) -> &Cache {
        &self.cache
    }

    /// What is answered to who asks for this.
    pub async fn get(self: &Arc<Self>, wanted: &CpanPath) -> Answer {
        if let Some(answer) = self.remembered(wanted) {
            return answer;
        }
        let mirror = Arc::clone(self);
        let asked = wanted.clone();
        let work = async move {
            let answer = match &asked {
                CpanPath::Release(path) => mirror.release(path).await,
                other => mirror.document(other).await,
            };
            mirror.remember(asked, &answer);
            answer
        };
        match self.flights.join(wanted, work).await {
            Some(answer) => answer,
            None => self.refuse(
                wanted,
                Refusal::Internal,
                "the work on it ended without a result",
            ),
        }
    }

    /// Fetched anew although it was fresh: what was kept of it is gone.
    pub fn forget(&self, wanted: &CpanPath) {
        self.answers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(wanted);
    }

    fn gate(&self) -> Arc<Gate> {
        Arc::clone(&self.gate.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.options.clock)()
    }

    fn remembered(&self, wanted: &CpanPath) -> Option<Answer> {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let (until, answer) = answers.get(wanted)?;
        (Instant::now() < *until).then(|| answer.clone())
    }

    fn remember(&self, wanted: CpanPath, answer: &Answer) {
        let fresh = self.options.fresh;
        let holds = match answer {
            Answer::File(_) => fresh,
            Answer::Absent => fresh.min(DENIED_FOR),
            Answer::Refused(record) if record.decision() == Decision::Deny => fresh.min(DENIED_FOR),
            // Long enough for the further tries of one client, which would each wait for the upstream.
            Answer::Refused(_) => fresh.min(UNTOLD_FOR),
        };
        let now = Instant::now();
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.len() >= ANSWERS {
            answers.retain(|_, (until, _)| now < *until);
        }
        if answers.len() >= ANSWERS {
            // All of them are still fresh: to ask the upstream again costs less than the memory.
            answers.clear();
        }
        answers.insert(wanted, (now + holds, answer.clone()));
    }

    fn refuse(&self, wanted: &CpanPath, refusal: Refusal, found: impl fmt::Display) -> Answer {
        let record = Record::refused(self.now(), wanted.to_string(), refusal, found);
        Answer::Refused(self.records.add(record))
    }
}
