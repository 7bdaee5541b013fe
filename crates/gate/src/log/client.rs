//! Finds the proof of a file, and verifies it.

use std::path::Path;

use cpan_sigstore_core::policy::LogSettings;
use cpan_sigstore_cpan::{Cpan, CpanError};
use cpan_sigstore_tlog::{
    checkpoint::VerifiedCheckpoint,
    leaf::{Leaf, LeafKind, LeafPath, PACKAGE_INDEX_PATH},
    note::NOTE_LIMIT,
    policy::LogPolicy,
    proof::{LoggedLeaf, SIZE as PROOF_LIMIT, SUFFIX, TlogProof},
};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use super::{
    LogAnswer, LogEvidence, LoggedFile,
    cache::FileCache,
    fact::time,
    history::{Acceptance, Log},
    site::Site,
};
use crate::{
    TrustStore,
    store::{LoggedIndex, StoredFork, TrustStoreError},
};

/// Time after which the newest checkpoint of a log is fetched again.
pub(super) const REFRESH: SignedDuration = SignedDuration::from_hours(1);
/// Most proofs in the cache: some 170 MB.
const CACHED_PROOFS: usize = 131_072;
/// Most answers about newest files in the cache.
const CACHED_ANSWERS: usize = 65_536;
/// Largest such answer: its time, and a proof.
const ANSWER_LIMIT: usize = PROOF_LIMIT + 8;
/// Time by which clocks may differ.
pub(super) const SKEW: SignedDuration = SignedDuration::from_mins(10);
/// The path of a log's checkpoint.
pub(super) const CHECKPOINT: &str = "checkpoint";

/// A log of the policy has an address that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("invalid address of the log {origin}: {source}")]
pub struct LogSetupError {
    /// The log.
    pub origin: String,
    /// The reason.
    pub source: CpanError,
}

/// The client of the logs of a policy.
#[derive(Debug)]
pub struct LogClient {
    pub(super) policy: LogPolicy,
    pub(super) settings: LogSettings,
    pub(super) logs: Vec<Log>,
    /// A CPAN that may have proofs beside its files.
    pub(super) beside: Option<Site>,
    proofs: FileCache,
    /// Answers about files whose newest version matters.
    pub(super) answers: FileCache,
    refresh: Mutex<()>,
}

/// A search for the proof of one file.
#[derive(Default)]
pub(super) struct Search {
    pub notes: Vec<String>,
    pub undetermined: Option<String>,
    pub forked: Option<Box<StoredFork>>,
}

impl Search {
    /// The answer without a leaf.
    pub fn answer(&mut self) -> LogAnswer {
        match (self.forked.take(), self.undetermined.take()) {
            (Some(fork), _) => LogAnswer::Forked(fork),
            (None, Some(reason)) => LogAnswer::Undetermined(reason),
            (None, None) => LogAnswer::Unlogged,
        }
    }
}

impl LogClient {
    /// A client of the logs of a policy. Tiles and proofs are kept in the folder.
    ///
    /// # Errors
    /// [`LogSetupError`] if a log has an address that cannot be used.
    pub fn new(
        policy: LogPolicy,
        settings: LogSettings,
        cache: Option<&Path>,
    ) -> Result<Self, LogSetupError> {
        let mut logs = Vec::new();
        for log in policy.logs() {
            let origin = log.key.name().to_owned();
            let site = log.url.as_deref().map(Cpan::at).transpose();
            let site = site.map_err(|source| LogSetupError {
                origin: origin.clone(),
                source,
            })?;
            logs.push(Log::new(
                log.key.to_string(),
                origin,
                site.map(Site::new),
                cache,
            ));
        }
        let proofs = cache.map(|folder| folder.join("proofs"));
        let answers = cache.map(|folder| folder.join("newest"));
        Ok(Self {
            policy,
            settings,
            logs,
            beside: None,
            proofs: FileCache::new(proofs, CACHED_PROOFS, PROOF_LIMIT),
            answers: FileCache::new(answers, CACHED_ANSWERS, ANSWER_LIMIT),
            refresh: Mutex::default(),
        })
    }

    /// The same client, which first looks for proofs beside the files of a CPAN.
    #[must_use]
    pub fn beside(self, cpan: Cpan) -> Self {
        Self {
            beside: Some(Site::new(cpan)),
            ..self
        }
    }

    /// The same client, which fetches nothing.
    #[must_use]
    pub fn offline(mut self) -> Self {
        for log in &mut self.logs {
            log.site = None;
        }
        Self {
            beside: None,
            ..self
        }
    }

    /// The settings.
    pub const fn settings(&self) -> &LogSettings {
        &self.settings
    }

    /// Returns the state of a file in the logs. A given proof is tried first, then the cached one, the one beside the
    /// file, and the one at the log's address.
    pub(crate) async fn look_up(
        &self,
        store: &TrustStore,
        path: &LeafPath,
        given: Option<&[u8]>,
        now: Timestamp,
    ) -> Result<LogEvidence, TrustStoreError> {
        self.refresh(store, now).await?;
        let mut search = self.search(store).await?;
        let found = match search.forked {
            Some(_) => None,
            None => self.find(store, path, given, &mut search, now).await?,
        };
        let origin = match &found {
            Some((logged, _)) => logged.leaf().checkpoint().origin(),
            None => self.logs.first().map_or("", |log| log.origin.as_str()),
        };
        Ok(LogEvidence {
            age: self.age(store, origin, now).await?,
            origin: origin.to_owned(),
            answer: match found {
                Some((logged, _)) => LogAnswer::Logged(Box::new(logged)),
                None => search.answer(),
            },
            notes: search.notes,
            withheld: None,
        })
    }

    /// Returns the verified proof of an archive, for clients behind a mirror; `None` if there is none.
    ///
    /// # Errors
    /// [`TrustStoreError`] if the trust store cannot be used.
    pub async fn proof(
        &self,
        store: &TrustStore,
        path: &LeafPath,
        now: Timestamp,
    ) -> Result<Option<Vec<u8>>, TrustStoreError> {
        let mut search = self.search(store).await?;
        if search.forked.is_some() {
            return Ok(None);
        }
        let found = self.find(store, path, None, &mut search, now).await?;
        Ok(found.map(|(_, proof)| proof))
    }

    /// A search that begins with the known fork of a log, if there is one.
    pub(super) async fn search(&self, store: &TrustStore) -> Result<Search, TrustStoreError> {
        let mut search = Search::default();
        for log in &self.logs {
            let fork = store.log_fork(&log.key).await?;
            search.forked = search.forked.or(fork.map(Box::new));
        }
        Ok(search)
    }

    /// Finds a leaf of the path, and its proof.
    async fn find(
        &self,
        store: &TrustStore,
        path: &LeafPath,
        given: Option<&[u8]>,
        search: &mut Search,
        now: Timestamp,
    ) -> Result<Option<(LoggedFile, Vec<u8>)>, TrustStoreError> {
        let is_archive = path.kind() == LeafKind::Archive;
        let name = format!("{path}{SUFFIX}");
        let cached = self.proofs.get(&name).filter(|_| is_archive);
        for (place, proof) in [("the given file", given), ("the cache", cached.as_deref())] {
            let Some(proof) = proof else { continue };
            match self.verify(store, path, proof, now).await? {
                Ok(logged) => return Ok(Some((logged, proof.to_vec()))),
                Err(refused) => drop(refused.note(place, search)),
            }
        }
        if let Some(site) = &self.beside
            && let Ok(Some(proof)) = site.read(&name, PROOF_LIMIT, now).await
        {
            match self.verify(store, path, &proof, now).await? {
                Ok(logged) => return Ok(Some(self.keep(logged, &name, proof, is_archive))),
                Err(refused) => drop(refused.note("the CPAN", search)),
            }
        }
        for site in self.logs.iter().filter_map(|log| log.site.as_ref()) {
            let proof = match site.read(&name, PROOF_LIMIT, now).await {
                Ok(Some(proof)) => proof,
                Ok(None) => continue,
                Err(reason) => {
                    search.undetermined.get_or_insert(reason);
                    continue;
                }
            };
            match self.verify(store, path, &proof, now).await? {
                Ok(logged) => return Ok(Some(self.keep(logged, &name, proof, is_archive))),
                Err(refused) => {
                    // The log itself proves nothing: that is no answer.
                    let reason = refused.note("the log", search);
                    search.undetermined.get_or_insert(reason);
                }
            }
        }
        Ok(None)
    }

    fn keep(
        &self,
        logged: LoggedFile,
        name: &str,
        proof: Vec<u8>,
        is_archive: bool,
    ) -> (LoggedFile, Vec<u8>) {
        if is_archive {
            self.proofs.put(name, &proof);
        }
        (logged, proof)
    }

    /// Verifies a proof of a path, and that its tree is part of the remembered history.
    pub(super) async fn verify(
        &self,
        store: &TrustStore,
        path: &LeafPath,
        proof: &[u8],
        now: Timestamp,
    ) -> Result<Result<LoggedFile, Refused>, TrustStoreError> {
        let verified = TlogProof::parse(proof).and_then(|proof| proof.verify(&self.policy));
        let logged = match verified {
            Ok(logged) => logged,
            Err(error) => return Ok(Err(Refused::Invalid(error.to_string()))),
        };
        let leaf = logged.leaf();
        if leaf.path() != path {
            let other = format!("it proves {}, and not {path}", leaf.path());
            return Ok(Err(Refused::Invalid(other)));
        }
        if now.duration_until(time(leaf.time())) > SKEW {
            let future = format!("it dates the file {}, in the future", time(leaf.time()));
            return Ok(Err(Refused::Invalid(future)));
        }
        Ok(match self.accept(store, logged.checkpoint(), now).await? {
            Acceptance::Accepted => {
                if leaf.kind() == LeafKind::PackageIndex
                    && let Some(refused) = self.note_index(store, &logged).await?
                {
                    return Ok(Err(refused));
                }
                Ok(LoggedFile::new(logged))
            }
            Acceptance::Forked(fork) => Err(Refused::Forked(fork)),
            Acceptance::Undetermined(reason) => Err(Refused::Undetermined(reason)),
        })
    }

    /// Compares a checkpoint with the remembered one of its log. If files for that are missing, a quorum of witnesses
    /// is enough: they saw the proof.
    pub(super) async fn accept(
        &self,
        store: &TrustStore,
        checkpoint: &VerifiedCheckpoint,
        now: Timestamp,
    ) -> Result<Acceptance, TrustStoreError> {
        let Some(log) = self.log(checkpoint.origin()) else {
            let unknown = format!("the policy has no log {}", checkpoint.origin());
            return Ok(Acceptance::Undetermined(unknown));
        };
        let future = checkpoint
            .cosigned()
            .iter()
            .find(|it| now.duration_until(time(it.time)) > SKEW);
        if let Some(cosigned) = future {
            return Ok(Acceptance::Undetermined(format!(
                "{} cosigned the checkpoint at {}, in the future by the clock of this machine",
                cosigned.witness,
                time(cosigned.time)
            )));
        }
        match log.accept(store, checkpoint, now).await? {
            Acceptance::Accepted => {
                log.date(store, checkpoint, now).await?;
                Ok(Acceptance::Accepted)
            }
            Acceptance::Undetermined(reason) if self.policy.has_quorum() => {
                tracing::debug!(reason, "the witnesses vouch for the checkpoint");
                Ok(Acceptance::Accepted)
            }
            other => Ok(other),
        }
    }

    /// Remembers the newest leaf of a package index. Its time also dates the log. Refuses a leaf that contradicts the
    /// remembered one.
    async fn note_index(
        &self,
        store: &TrustStore,
        logged: &LoggedLeaf,
    ) -> Result<Option<Refused>, TrustStoreError> {
        let Some(log) = self.log(logged.checkpoint().origin()) else {
            return Ok(None);
        };
        let index = logged_index(logged.leaf(), logged.index());
        let known = store.log(&log.key).await?.and_then(|state| state.index);
        if let Some(known) = known
            && (known.leaf < index.leaf && known.time > index.time
                || known.leaf > index.leaf && known.time < index.time)
        {
            return Ok(Some(Refused::Invalid(format!(
                "the time of {} runs back: leaf {} is of {}, leaf {} of {}",
                log.origin, known.leaf, known.time, index.leaf, index.time
            ))));
        }
        store.note_logged_index(&log.key, &index).await?;
        store.date_log(&log.key, index.time).await?;
        Ok(None)
    }

    fn log(&self, origin: &str) -> Option<&Log> {
        self.logs.iter().find(|log| log.origin == origin)
    }

    /// Fetches the newest checkpoint of each log, if that is some time ago. A failure changes nothing: the remembered
    /// one ages.
    pub(super) async fn refresh(
        &self,
        store: &TrustStore,
        now: Timestamp,
    ) -> Result<(), TrustStoreError> {
        let _one = self.refresh.lock().await;
        for log in &self.logs {
            let Some(site) = &log.site else { continue };
            let asked = store.log(&log.key).await?.and_then(|state| state.asked);
            if asked.is_some_and(|then| now.duration_since(then) < REFRESH) {
                continue;
            }
            // Without witnesses, only the newest package index dates the log.
            let is_read = (!self.policy.has_quorum() && self.read_index(store, site, now).await?)
                || self.read_checkpoint(store, site, now).await?;
            if is_read {
                store.note_log_asked(&log.key, now).await?;
            }
        }
        Ok(())
    }

    async fn read_index(
        &self,
        store: &TrustStore,
        site: &Site,
        now: Timestamp,
    ) -> Result<bool, TrustStoreError> {
        let name = format!("{PACKAGE_INDEX_PATH}{SUFFIX}");
        let (Ok(path), Ok(Some(proof))) = (
            PACKAGE_INDEX_PATH.parse(),
            site.read(&name, PROOF_LIMIT, now).await,
        ) else {
            return Ok(false);
        };
        Ok(self.verify(store, &path, &proof, now).await?.is_ok())
    }

    async fn read_checkpoint(
        &self,
        store: &TrustStore,
        site: &Site,
        now: Timestamp,
    ) -> Result<bool, TrustStoreError> {
        let Ok(Some(bytes)) = site.read(CHECKPOINT, NOTE_LIMIT, now).await else {
            return Ok(false);
        };
        match self.policy.verify(&bytes) {
            Ok(checkpoint) => {
                let accepted = self.accept(store, &checkpoint, now).await?;
                Ok(matches!(accepted, Acceptance::Accepted))
            }
            Err(error) => {
                tracing::warn!(%error, "the log has a checkpoint that is not used");
                Ok(false)
            }
        }
    }

    /// Whether the newest checkpoint of a log is as new as the policy demands.
    pub(crate) async fn is_fresh(
        &self,
        store: &TrustStore,
        now: Timestamp,
    ) -> Result<bool, TrustStoreError> {
        let days = i64::from(self.settings.checkpoint_age);
        let limit = SignedDuration::from_hours(24 * days);
        for log in &self.logs {
            let age = self.age(store, &log.origin, now).await?;
            if age.is_some_and(|age| age <= limit) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The time since the newest checkpoint of a log was known to be the newest.
    pub(super) async fn age(
        &self,
        store: &TrustStore,
        origin: &str,
        now: Timestamp,
    ) -> Result<Option<SignedDuration>, TrustStoreError> {
        let Some(log) = self.log(origin) else {
            return Ok(None);
        };
        let dated = store.log(&log.key).await?.and_then(|state| state.dated);
        Ok(dated.map(|dated| now.duration_since(dated)))
    }
}

pub(super) fn logged_index(leaf: &Leaf, number: u64) -> LoggedIndex {
    LoggedIndex {
        leaf: number,
        digest: leaf.digest(),
        time: time(leaf.time()),
    }
}

/// The reason why a proof is not used.
pub(super) enum Refused {
    /// It proves nothing about the file.
    Invalid(String),
    /// Nothing proves that its tree is part of the history.
    Undetermined(String),
    /// Its tree is part of another history.
    Forked(Box<StoredFork>),
}

impl Refused {
    /// Notes the reason, and returns it.
    pub fn note(self, place: &str, search: &mut Search) -> String {
        let reason = match self {
            Self::Invalid(reason) => reason,
            Self::Undetermined(reason) => {
                search.undetermined.get_or_insert_with(|| reason.clone());
                reason
            }
            Self::Forked(fork) => {
                search.forked.get_or_insert(fork);
                "its tree is part of another history".to_owned()
            }
        };
        search.notes.push(format!("in {place}: {reason}"));
        reason
    }
}
