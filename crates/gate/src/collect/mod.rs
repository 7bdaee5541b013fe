//! Collects the evidence about a release from its files, the trust store, the author index and the author's directory.

mod owners;
mod records;

pub(crate) use records::{CollectedRecords, Records};

use std::{fs::File, io, path::PathBuf, sync::Arc};

use cpan_sigstore_archive::{Destination, Preflight, preflight, preflight_hashed};
use cpan_sigstore_core::{
    digest::Sha256Digest,
    policy::{PackageRule, Policy},
    release::PauseId,
};
use cpan_sigstore_files::HashedFile;
use cpan_sigstore_keyless::{
    bundle::StrictBundle,
    verify::{Artifact, VerifyError, VerifyOptions},
};
use cpan_sigstore_records::{
    author_index::in_effect,
    chain::{RecordChain, SKEW, SignedRecord},
    record::{AuthorRecord, RECORDS_LIMIT},
};
use jiff::Timestamp;

use crate::{
    ArchiveFile, Candidate, GateError, RecordFile, TrustStore,
    assess::ArchiveAssessment,
    authorized::{AuthorizedSigners, ChainSources},
    candidate::Trust,
    evidence::{Evidence, IndexAge, Signature},
    log::{LogClient, LogEvidence, NewestFile},
    store::Attested,
};

/// Collects evidence from all its places.
pub(crate) struct EvidenceCollector<'a> {
    pub trust: &'a Arc<Trust>,
    /// The time of the last answer from the repository of the trust material.
    pub refreshed: Option<Timestamp>,
    /// The operator whose author index is used.
    pub operator: Option<&'a str>,
    pub memory: &'a TrustStore,
    /// The client of the CPAN log, if one is used.
    pub log: Option<&'a LogClient>,
    pub policy: &'a Policy,
}

/// The work that reads and calculates, for a thread of its own.
struct InspectionJob {
    trust: Arc<Trust>,
    name: String,
    archive: OwnedArchive,
    bundle: Option<Vec<u8>>,
    allow: VerifyOptions,
    records: Records,
}

/// An [`ArchiveFile`] for another thread.
enum OwnedArchive {
    Unhashed(PathBuf),
    Hashed(HashedFile),
}

/// The results of an inspection.
struct Inspection {
    digest: Sha256Digest,
    signature: Signature,
    archive: ArchiveAssessment,
    records: CollectedRecords,
}

impl EvidenceCollector<'_> {
    pub async fn known_version(&self, author: &PauseId) -> Result<u32, GateError> {
        let known = self.memory.record_chain(author).await?.version();
        // The store and the index may be on two sides of a fork, so the store's version comes first.
        if known > 0 {
            return Ok(known);
        }
        let attested = self.attested(author).await?;
        let newest = attested.records.iter().map(|file| file.version).max();
        Ok(newest.unwrap_or(0))
    }

    /// Returns the known records whose places a recovery record may take, each with its text.
    ///
    /// They are those after the first one with a recovery key, the newest [`RECORDS_LIMIT`] of them.
    pub async fn open_records(&self, author: &PauseId) -> Result<Vec<(u32, Vec<u8>)>, GateError> {
        let known = self.memory.record_chain(author).await?;
        let mut records: Vec<AuthorRecord> = known
            .records()
            .iter()
            .map(|signed| signed.record().clone())
            .collect();
        if records.is_empty() {
            let attested = self.attested(author).await?.records;
            let read = |file: &RecordFile| AuthorRecord::parse(&file.json).ok();
            records = attested.iter().filter_map(read).collect();
        }
        let after_key = records
            .iter()
            .skip_while(|record| record.recovery_key().is_none())
            .skip(1);
        let mut open: Vec<_> = after_key
            .map(|record| (record.version(), record.json().to_vec()))
            .collect();
        let excess = open.len().saturating_sub(RECORDS_LIMIT);
        open.drain(..excess);
        Ok(open)
    }

    pub async fn evidence(
        &self,
        candidate: &Candidate<'_>,
        rules: &[PackageRule],
        now: Timestamp,
    ) -> Result<Evidence, GateError> {
        let author = &candidate.path.author;
        let mut known = self
            .memory
            .known(candidate.path, candidate.packages)
            .await?;
        let packages = std::mem::take(&mut known.packages);
        let owners = self.owners(candidate, packages, &known.newest, now).await?;
        let history = self.memory.record_chain(author).await?;
        let attested = self.attested(author).await?;
        let index = self.index_age(now).await?;
        let is_required = rules.iter().any(|it| !it.rule.unlogged.value.admits());
        let newest = match is_required && self.log.is_some() {
            true => self.newest_files(candidate, &history, &attested).await?,
            false => Vec::new(),
        };
        let log = self.log_evidence(candidate, &newest, now).await?;
        let work = InspectionJob {
            trust: Arc::clone(self.trust),
            name: candidate.path.name.to_string(),
            archive: OwnedArchive::of(candidate.archive),
            bundle: candidate.bundle.map(<[u8]>::to_vec),
            allow: VerifyOptions {
                old_format: rules.iter().all(|it| it.rule.allow_old_format.value),
            },
            records: Records {
                known: history.clone(),
                index: attested.records,
                directory: candidate.records.to_vec(),
            },
        };
        // Reading and hashing would block the other tasks of this thread.
        let inspection = tokio::task::spawn_blocking(move || work.inspect())
            .await
            .map_err(|error| GateError::Stopped(error.to_string()))??;
        let sources = ChainSources {
            known: history,
            first_seen: known.author.clone(),
            index: inspection.records.index,
            directory: inspection.records.directory,
            overrides: in_effect(attested.overrides, now),
        };
        Ok(Evidence {
            digest: inspection.digest,
            signature: inspection.signature,
            archive: inspection.archive,
            known,
            owners,
            authorized: AuthorizedSigners::of(&sources, now),
            sources,
            undetermined: inspection.records.undetermined,
            index,
            log,
            trust_age: self.refreshed.map(|then| now.duration_since(then)),
        })
    }

    /// Returns the state of an archive in the CPAN log, if one is used.
    async fn log_evidence(
        &self,
        candidate: &Candidate<'_>,
        newest: &[NewestFile],
        now: Timestamp,
    ) -> Result<Option<LogEvidence>, GateError> {
        let Some(log) = self.log else { return Ok(None) };
        // The path of every release is that of a leaf.
        let Ok(path) = candidate.path.to_string().parse() else {
            return Ok(None);
        };
        // A fork that these proofs show is found with the release.
        let withheld = log.withheld(self.memory, newest, now).await?;
        let evidence = log.look_up(self.memory, &path, candidate.log_proof, now);
        Ok(Some(LogEvidence {
            withheld,
            ..evidence.await?
        }))
    }

    /// Returns the newest author record and author index in use, of which the log should have no other version.
    async fn newest_files(
        &self,
        candidate: &Candidate<'_>,
        known: &RecordChain,
        attested: &Attested,
    ) -> Result<Vec<NewestFile>, GateError> {
        let files = candidate.records.iter().chain(&attested.records);
        let files = files.map(|file| (file.version, Sha256Digest::of(&file.json)));
        let known = known.records().iter().map(SignedRecord::record);
        let known = known.map(|record| (record.version(), record.digest()));
        let used: Vec<_> = files.chain(known).collect();
        let mut newest = NewestFile::records(&candidate.path.author, &used);
        if let Some(operator) = self.operator {
            let state = self.memory.index_state(operator).await?;
            newest.extend(state.as_ref().and_then(NewestFile::author_index));
        }
        Ok(newest)
    }

    /// Returns the records of an author from every place, and why new ones could not be verified.
    pub async fn chain_sources(
        &self,
        author: &PauseId,
        directory: &[RecordFile],
        now: Timestamp,
    ) -> Result<(ChainSources, Option<String>), GateError> {
        let first_seen = self.memory.first_seen(author).await?;
        let attested = self.attested(author).await?;
        let records = Records {
            known: self.memory.record_chain(author).await?,
            index: attested.records,
            directory: directory.to_vec(),
        };
        let collected = records.inspect(self.trust);
        let sources = ChainSources {
            known: records.known,
            first_seen: first_seen.map(|first| first.identity),
            index: collected.index,
            directory: collected.directory,
            overrides: in_effect(attested.overrides, now),
        };
        Ok((sources, collected.undetermined))
    }

    /// Returns the records and overrides of an author in the author index.
    pub async fn attested(&self, author: &PauseId) -> Result<Attested, GateError> {
        match self.operator {
            Some(operator) => Ok(self.memory.attested(operator, author).await?),
            None => Ok(Attested::default()),
        }
    }

    /// Returns the age of the author index.
    pub async fn index_age(&self, now: Timestamp) -> Result<Option<IndexAge>, GateError> {
        let Some(operator) = self.operator else {
            return Ok(None);
        };
        let operator = operator.to_owned();
        let state = self.memory.index_state(&operator).await?;
        Ok(Some(match state {
            None => IndexAge::Absent { operator },
            Some(state) if now.duration_until(state.signed) > SKEW => IndexAge::InFuture {
                operator,
                signed: state.signed,
            },
            Some(state) => IndexAge::Signed {
                operator,
                age: now.duration_since(state.signed),
            },
        }))
    }
}

impl OwnedArchive {
    fn of(archive: ArchiveFile<'_>) -> Self {
        match archive {
            ArchiveFile::Unhashed(path) => Self::Unhashed(path.to_owned()),
            ArchiveFile::Hashed(file) => Self::Hashed(file.clone()),
        }
    }

    /// Reads the archive once, and hashes it unless it was hashed before.
    fn preflight(&self, name: &str) -> io::Result<Preflight> {
        let destination = Destination::default();
        match self {
            Self::Unhashed(path) => preflight(&mut File::open(path)?, name, &destination),
            Self::Hashed(file) => preflight_hashed(file, name, &destination),
        }
    }
}

impl InspectionJob {
    /// Reads the archive, and verifies the signatures over what was read.
    fn inspect(self) -> Result<Inspection, GateError> {
        let seen = self
            .archive
            .preflight(&self.name)
            .map_err(|source| GateError::Archive {
                path: match &self.archive {
                    OwnedArchive::Unhashed(path) => path.clone(),
                    OwnedArchive::Hashed(_) => PathBuf::from(&self.name),
                },
                source,
            })?;
        Ok(Inspection {
            digest: seen.digest,
            signature: self.bundle.as_deref().map_or(Signature::Absent, |bundle| {
                verify(&self.trust, seen.digest, bundle, self.allow)
            }),
            archive: ArchiveAssessment::of(&seen),
            records: self.records.inspect(&self.trust),
        })
    }
}

pub(crate) fn verify(
    trust: &Trust,
    digest: Sha256Digest,
    bundle: &[u8],
    allow: VerifyOptions,
) -> Signature {
    let bundle = match StrictBundle::parse(bundle) {
        Ok(bundle) => bundle,
        Err(refused) => return Signature::Invalid(refused),
    };
    let verifier = match trust {
        Trust::Material(verifier) => verifier,
        Trust::None(reason) => return Signature::Undetermined(reason.clone()),
    };
    match verifier.verify(Artifact::Digest(digest), &bundle, allow) {
        Ok(verified) => Signature::Verified(Box::new(verified)),
        Err(VerifyError::Refused(refused)) => Signature::Invalid(refused),
        Err(VerifyError::Artifact(error)) => Signature::Undetermined(error.to_string()),
        Err(VerifyError::Clock(error)) => Signature::Undetermined(error.to_string()),
        Err(VerifyError::Unknown(unknown)) => Signature::Undetermined(unknown.to_string()),
    }
}
