//! Archives: fetched whole, decided by the gate, and cached if admitted.
//!
//! A decision holds for this path, these bytes, this bundle and this policy. While the upstream cannot be read,
//! a cached archive is served after the gate has decided again. So it does when a bundle was replaced or
//! withdrawn.

use std::sync::Arc;

use cpan_sigstore_core::{
    finding::{Exit, Finding},
    release::{PackageName, ReleasePath},
    verdict::Verdict,
};
use cpan_sigstore_cpan::{CpanError, FetchedArchive, FetchedRelease};
use cpan_sigstore_files::HashedFile;
use cpan_sigstore_gate::{ArchiveFile, Candidate, RecordFile};
use cpan_sigstore_http::Validators;

use super::{Mirror, Served, error::FetchError};
use crate::{
    cache::{CacheError, CachedFile, Content, Incoming},
    decision_log::{LogEntry, Refusal},
};

/// A release at the upstream.
struct UpstreamRelease {
    archive: Archive,
    evidence: Evidence,
}

/// The files beside an archive, by which the gate judges it.
struct Evidence {
    bundle: Option<Vec<u8>>,
    records: Arc<[RecordFile]>,
    /// The packages that lead to it.
    packages: Arc<[PackageName]>,
}

enum Archive {
    /// It was downloaded, and is not in the cache yet.
    Downloaded {
        incoming: Incoming,
        file: HashedFile,
        validators: Validators,
    },
    /// It is the cached one.
    Cached(CachedFile),
}

impl Mirror {
    pub(super) async fn release(
        &self,
        path: &ReleasePath,
        packages: &Arc<[PackageName]>,
    ) -> Result<Served, FetchError> {
        let cached = self
            .index
            .get(&path.to_string())
            .filter(|file| self.cache.has(&file.content));
        match self.fetch(path, packages, cached.clone()).await {
            Ok(Some(release)) => self.decide(path, release).await,
            Ok(None) => {
                self.index.forget(&path.to_string());
                Ok(self.absent(&cpan_sigstore_cpan::path::CpanPath::Release(path.clone())))
            }
            Err(FetchError::Upstream(error)) => {
                self.without_upstream(path, packages, cached, error).await
            }
            Err(error) => Err(error),
        }
    }

    async fn fetch(
        &self,
        path: &ReleasePath,
        packages: &Arc<[PackageName]>,
        cached: Option<CachedFile>,
    ) -> Result<Option<UpstreamRelease>, FetchError> {
        // Closed only when the process ends.
        let _turn = self.fetches.acquire().await;
        let incoming = self.cache.incoming()?;
        let known = cached.as_ref().map(CachedFile::validators);
        let fetched: Option<FetchedRelease<_>> = self
            .upstream
            .fetch_release::<_, FetchError>(
                path,
                self.author_records(&path.author),
                &known.unwrap_or_default(),
                incoming.writer()?,
            )
            .await?;
        let Some(FetchedRelease {
            bundle,
            records,
            archive,
        }) = fetched
        else {
            return Ok(None);
        };
        let archive = match (archive, cached) {
            (FetchedArchive::Unchanged, Some(cached)) => Archive::Cached(cached),
            // Only a mirror with a cached archive sends conditions.
            (FetchedArchive::Unchanged, None) => return Ok(None),
            (FetchedArchive::Written { file, validators }, _) => Archive::Downloaded {
                incoming,
                file,
                validators,
            },
        };
        Ok(Some(UpstreamRelease {
            archive,
            evidence: Evidence {
                bundle,
                records,
                packages: Arc::clone(packages),
            },
        }))
    }

    async fn decide(
        &self,
        path: &ReleasePath,
        UpstreamRelease { archive, evidence }: UpstreamRelease,
    ) -> Result<Served, FetchError> {
        let (content, validators, verdict) = match &archive {
            Archive::Downloaded {
                file, validators, ..
            } => {
                let content = Content {
                    digest: file.digest(),
                    size: file.size(),
                };
                let file = ArchiveFile::Hashed(file);
                let verdict = self.ask_gate_again(path, file, &evidence).await;
                let verdict = self.await_bundle(path, validators, verdict).await;
                (content, validators.clone(), verdict)
            }
            Archive::Cached(cached) => {
                let content = cached.content;
                // Another process may have changed the cache, so the file is hashed again.
                let place = self.cache.path(&content.digest);
                let file = ArchiveFile::Unhashed(&place);
                let verdict = self.ask_gate_again(path, file, &evidence).await;
                (content, cached.validators(), verdict)
            }
        };
        let served = self.serve(path, verdict, content)?;
        if matches!(served, Served::Refused(_)) {
            return Ok(served);
        }
        if let Archive::Downloaded { incoming, .. } = archive {
            self.cache.keep(incoming, content)?;
        }
        self.note(path, content, &validators, evidence.bundle.as_deref())?;
        Ok(served)
    }

    /// Decides again about the cached archive and bundle, while the upstream cannot be read.
    async fn without_upstream(
        &self,
        path: &ReleasePath,
        packages: &Arc<[PackageName]>,
        cached: Option<CachedFile>,
        error: CpanError,
    ) -> Result<Served, FetchError> {
        let Some(cached) = cached else {
            return Err(FetchError::Upstream(error));
        };
        let bundle = match &cached.bundle {
            None => None,
            Some(content) => match self.cache.bytes(content) {
                Some(bytes) => Some(bytes),
                // Without its bundle the release would look unsigned.
                None => return Err(FetchError::Upstream(error)),
            },
        };
        tracing::info!(%path, %error, "the upstream cannot be read; deciding about the cached release");
        let records = self.fresh_author_records(&path.author).await;
        let place = self.cache.path(&cached.content.digest);
        let archive = ArchiveFile::Unhashed(&place);
        let packages = Arc::clone(packages);
        let evidence = Evidence {
            bundle,
            records,
            packages,
        };
        let verdict = self.ask_gate(path, archive, &evidence).await;
        self.serve(path, verdict, cached.content)
    }

    async fn ask_gate(
        &self,
        path: &ReleasePath,
        archive: ArchiveFile<'_>,
        evidence: &Evidence,
    ) -> Verdict {
        let generation = self.generation();
        let permissions = self.permissions(&generation.gate, &evidence.packages).await;
        self.follow_owners(&generation.gate, &path.author, &evidence.packages)
            .await;
        let candidate = Candidate {
            path,
            archive,
            bundle: evidence.bundle.as_deref(),
            records: &evidence.records,
            packages: &evidence.packages,
            permissions: permissions.as_deref(),
            index: self.packages.standing(path, &evidence.packages),
            log_proof: None,
        };
        match generation.gate.admit(&candidate, self.now()).await {
            Ok(verdict) => verdict,
            Err(error) => Verdict::unavailable(error.to_string()),
        }
    }

    /// Asks the gate, and before it refuses an identity, asks again with the author's newest records.
    async fn ask_gate_again(
        &self,
        path: &ReleasePath,
        archive: ArchiveFile<'_>,
        evidence: &Evidence,
    ) -> Verdict {
        let verdict = self.ask_gate(path, archive, evidence).await;
        let is_identity = verdict.finding.exit() == Exit::IdentityMismatch
            && verdict.finding != Finding::OwnerChanged;
        // An admitted release taught the trust store something: a second verdict would hide what the first one states.
        if verdict.admits() || !is_identity {
            return verdict;
        }
        match self.author_records_now(&path.author).await {
            Ok(records) if records != evidence.records => {
                let bundle = evidence.bundle.clone();
                let evidence = Evidence {
                    bundle,
                    records,
                    packages: Arc::clone(&evidence.packages),
                };
                self.ask_gate(path, archive, &evidence).await
            }
            // The verdict remains without new records.
            _ => verdict,
        }
    }

    /// Logs a verdict, and serves the bytes that it admits, and no others.
    fn serve(
        &self,
        path: &ReleasePath,
        verdict: Verdict,
        content: Content,
    ) -> Result<Served, FetchError> {
        let admits = verdict.admits();
        if admits && verdict.digest != Some(content.digest) {
            self.cache.remove(&content.digest);
            let found = format!(
                "expected {} in the cache, found other bytes",
                content.digest
            );
            return Err(FetchError::refused(Refusal::Internal, found));
        }
        let entry = LogEntry::of_gate(self.now(), path.to_string(), verdict);
        let entry = self.log.add(entry);
        Ok(if admits {
            Served::File(content)
        } else {
            Served::Refused(entry)
        })
    }

    fn note(
        &self,
        path: &ReleasePath,
        content: Content,
        validators: &Validators,
        bundle: Option<&[u8]>,
    ) -> Result<(), CacheError> {
        let bundle = bundle
            .map(|bytes| self.cache.keep_bytes(bytes))
            .transpose()?;
        self.index.set(&CachedFile {
            path: path.to_string(),
            content,
            bundle,
            etag: validators.etag.clone(),
            last_modified: validators.last_modified.clone(),
        })
    }
}
