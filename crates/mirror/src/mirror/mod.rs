//! From a request to an answer.
//!
//! Every file is fetched whole into the cache folder and checked before it is served: no byte goes straight
//! from the upstream to a client. One fetch serves all waiting clients. Its answer is remembered for
//! [`Options::fresh`]: an archive of CPAN never changes, but its bundle may.

mod answers;
mod authors;
mod awaited;
mod documents;
mod error;
mod package_index;
mod packages;
mod release;

pub use answers::Served;

use std::{
    hash::{BuildHasher as _, RandomState},
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use cpan_sigstore_core::release::PauseId;
use cpan_sigstore_cpan::{Cpan, path::CpanPath};
use cpan_sigstore_gate::{Gate, RecordFile, TrustStore, store::TrustStoreError};
use jiff::Timestamp;
use moka::future::Cache as MemoryCache;
use tokio::sync::Semaphore;
use tracing::Instrument as _;

use crate::{
    author_index::AuthorIndexFiles,
    cache::{Cache, CacheError, CacheIndex},
    decision_log::{DecisionLog, LogEntry, Refusal},
};
use answers::{AnswerKey, Answers, answers};
pub(crate) use error::FetchError;
use packages::ServedPackages;

/// Limit of files that are fetched at once.
const FETCHES: usize = 16;
/// Limit of the authors whose records are remembered.
const AUTHORS_LIMIT: u64 = 20_000;

/// The settings of a mirror.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder of the cache.
    pub cache: PathBuf,
    /// The size limit of the cache, in bytes.
    pub cache_size: u64,
    /// The time for which an answer is remembered.
    pub fresh: Duration,
    /// The clock by which signatures and indexes are judged.
    pub clock: fn() -> Timestamp,
}

/// A mirror of one upstream.
pub struct Mirror {
    /// The name of this mirror in its requests, another one for each process.
    name: String,
    upstream: Cpan,
    generation: RwLock<Arc<Generation>>,
    cache: Cache,
    index: CacheIndex,
    log: DecisionLog,
    options: Options,
    author_index: AuthorIndexFiles,
    packages: ServedPackages,
    fetches: Semaphore,
}

/// A gate, and the answers that follow from it.
///
/// A new gate begins with none: work that began under the old one cannot leave its answer to the new one.
struct Generation {
    gate: Gate,
    answers: Answers,
    authors: MemoryCache<PauseId, Arc<[RecordFile]>>,
}

impl Generation {
    fn new(gate: Gate, fresh: Duration) -> Arc<Self> {
        Arc::new(Self {
            gate,
            answers: answers(fresh),
            authors: MemoryCache::builder()
                .max_capacity(AUTHORS_LIMIT)
                .time_to_live(fresh)
                .build(),
        })
    }
}

impl Mirror {
    /// A mirror of `upstream` that hands out releases that `gate` admits.
    ///
    /// # Errors
    /// [`CacheError`] if the cache folder cannot be used.
    pub fn new(
        upstream: Cpan,
        gate: Gate,
        log: DecisionLog,
        options: Options,
    ) -> Result<Arc<Self>, CacheError> {
        let cache = Cache::open(&options.cache, options.cache_size)?;
        let name = upstream.name();
        let index = cache.index(&name)?;
        let own_name = format!("cpan-sigstore-{:016x}", RandomState::new().hash_one(()));
        Ok(Arc::new(Self {
            upstream: upstream.via(&own_name),
            name: own_name,
            generation: RwLock::new(Generation::new(gate, options.fresh)),
            cache,
            index,
            log,
            options,
            author_index: AuthorIndexFiles::default(),
            packages: ServedPackages::new(name),
            fetches: Semaphore::new(FETCHES),
        }))
    }

    /// Replaces the gate, as after a refresh of the trust material. No answer of the old gate remains.
    pub fn replace_gate(&self, gate: Gate) {
        let generation = Generation::new(gate, self.options.fresh);
        *self
            .generation
            .write()
            .unwrap_or_else(PoisonError::into_inner) = generation;
    }

    /// The trust store of the gate.
    pub fn trust_store(&self) -> TrustStore {
        self.generation().gate.trust_store().clone()
    }

    /// The author index for clients; none at first.
    pub fn author_index(&self) -> &AuthorIndexFiles {
        &self.author_index
    }

    /// A file of the CPAN log that the gate uses, for clients behind this mirror; `None` if there is none.
    pub(crate) async fn log_file(&self, path: &str) -> Result<Option<Vec<u8>>, TrustStoreError> {
        let generation = self.generation();
        let gate = &generation.gate;
        let Some(log) = gate.log() else {
            return Ok(None);
        };
        // Closed only when the process ends.
        let _turn = self.fetches.acquire().await;
        log.carry(gate.trust_store(), path, self.now()).await
    }

    /// The name of this mirror in the `Via` header of its requests.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The decisions so far.
    pub fn log(&self) -> &DecisionLog {
        &self.log
    }

    /// The cache on the disk.
    pub fn cache(&self) -> &Cache {
        &self.cache
    }

    /// The answer to a request. The work on it continues if the client leaves.
    pub async fn get(self: &Arc<Self>, path: &CpanPath) -> Served {
        let generation = self.generation();
        let CpanPath::Release(release) = path else {
            return self.document_answer(&generation, path).await;
        };
        let packages = match self.packages_of(&generation, release).await {
            Ok(packages) => packages,
            Err(error) => return self.refuse(path, &error),
        };
        let key = AnswerKey {
            path: path.clone(),
            packages: Arc::clone(&packages),
        };
        if let Some(served) = generation.answers.get(&key).await {
            return served;
        }
        let (mirror, wanted, release) = (Arc::clone(self), path.clone(), release.clone());
        let work = async move {
            let answer = async {
                let served = mirror.release(&release, &packages).await;
                served.unwrap_or_else(|error| mirror.refuse(&wanted, &error))
            };
            generation.answers.get_with(key, answer).await
        };
        self.finish(path, work).await
    }

    /// The result of a piece of work that continues if the client leaves.
    async fn finish(
        &self,
        path: &CpanPath,
        work: impl Future<Output = Served> + Send + 'static,
    ) -> Served {
        match tokio::spawn(work.in_current_span()).await {
            Ok(served) => served,
            Err(_) => self.refuse(path, &FetchError::Ended),
        }
    }

    /// Forgets the answer to a request, because its file is gone from the cache.
    pub async fn forget(&self, path: &CpanPath) {
        let generation = self.generation();
        let store = generation.gate.trust_store();
        let key = match path {
            CpanPath::Release(release) => AnswerKey {
                path: path.clone(),
                // Without the trust store, nothing is answered.
                packages: match self.packages.of_release(store, release).await {
                    Ok(packages) => packages,
                    Err(_) => return,
                },
            },
            _ => AnswerKey::of_document(path.clone()),
        };
        generation.answers.invalidate(&key).await;
    }

    fn generation(&self) -> Arc<Generation> {
        let generation = self
            .generation
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&generation)
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.options.clock)()
    }

    /// Notes that the upstream lacks a file that a client needs.
    fn absent(&self, path: &CpanPath) -> Served {
        let address = self.upstream.address(&path.to_string());
        let found = format!("expected a file at {address}, found none");
        let entry = LogEntry::refused(self.now(), path.to_string(), Refusal::Missing, found);
        self.log.add(entry);
        Served::Absent
    }

    fn refuse(&self, path: &CpanPath, error: &FetchError) -> Served {
        let entry = LogEntry {
            fault: error.setup_fault(),
            ..LogEntry::refused(self.now(), path.to_string(), error.refusal(), error)
        };
        Served::Refused(self.log.add(entry))
    }
}
