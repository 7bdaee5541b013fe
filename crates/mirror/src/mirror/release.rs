//! An archive: fetched whole, decided by the gate, kept where it is allowed.
//!
//! The decision is made for this path, these bytes, this bundle, by this policy, and holds for nothing
//! else. What was allowed once is served while the upstream is away, after the gate has decided anew; a
//! bundle that was replaced or withdrawn is not what was decided about, and is decided about anew, too.

use std::{path::Path, sync::Arc};

use cpan_sigstore_core::{finding::Exit, release::ReleasePath, verdict::Verdict};
use cpan_sigstore_gate::{Candidate, GateError, RecordFile};
use cpan_sigstore_http::Validators;

use super::{Answer, Mirror, authors::AuthorTrouble};
use crate::{
    cache::{CacheError, Content, Incoming, Place},
    record::{Record, Refusal},
};
use cpan_sigstore_cpan::{CpanError, FetchedArchive, FetchedRelease, path::CpanPath};

/// An archive that has come, and is not in the cache.
struct Came {
    file: Incoming,
    content: Content,
    validators: Validators,
}

/// What is at the upstream.
enum Found {
    /// Archive and bundle, and what its author says of who signs.
    Release {
        archive: Archive,
        evidence: Evidence,
    },
    Absent,
}

/// What the gate judges an archive by.
struct Evidence {
    bundle: Option<Vec<u8>>,
    records: Arc<[RecordFile]>,
}

enum Archive {
    Came(Came),
    /// It is the one that is kept.
    Kept(Place),
}

/// Why nothing was found out.
enum Trouble {
    Upstream(CpanError),
    Cache(CacheError),
    Gate(GateError),
}

impl From<CpanError> for Trouble {
    fn from(error: CpanError) -> Self {
        Self::Upstream(error)
    }
}

impl From<AuthorTrouble> for Trouble {
    fn from(error: AuthorTrouble) -> Self {
        match error {
            AuthorTrouble::Upstream(error) => Self::Upstream(error),
            AuthorTrouble::Gate(error) => Self::Gate(error),
        }
    }
}

impl Mirror {
    pub(super) async fn release(self: &Arc<Self>, path: &ReleasePath) -> Answer {
        let kept = self
            .known
            .place(&path.to_string())
            .filter(|place| self.cache.has(&place.content));
        match self.fetch(path, kept.clone()).await {
            Ok(Found::Absent) => {
                self.known.forget(&path.to_string());
                Answer::Absent
            }
            Ok(Found::Release {
                archive: Archive::Came(came),
                evidence,
            }) => self.decide_about_new(path, came, evidence).await,
            Ok(Found::Release {
                archive: Archive::Kept(place),
                evidence,
            }) => self.decide_about_kept(path, place, evidence).await,
            Err(Trouble::Cache(error)) => {
                self.refuse(&CpanPath::Release(path.clone()), Refusal::Internal, error)
            }
            Err(Trouble::Gate(error)) => {
                self.refuse(&CpanPath::Release(path.clone()), Refusal::Internal, error)
            }
            Err(Trouble::Upstream(error)) => self.without_upstream(path, kept, error).await,
        }
    }

    async fn fetch(&self, path: &ReleasePath, kept: Option<Place>) -> Result<Found, Trouble> {
        // Closed only when the process ends.
        let _turn = self.fetches.acquire().await;
        let mut file = self.cache.incoming().map_err(Trouble::Cache)?;
        let validators = kept.as_ref().map(Place::validators).unwrap_or_default();
        let records = async { Ok(self.author_records(&path.author).await?) };
        let fetched: Option<FetchedRelease<_>> = self
            .upstream
            .fetch_release::<_, Trouble>(path, records, &validators, file.file())
            .await?;
        let Some(fetched) = fetched else {
            return Ok(Found::Absent);
        };
        let archive = match (fetched.archive, kept) {
            (FetchedArchive::Unchanged, Some(place)) => Archive::Kept(place),
            // Only a mirror that keeps the archive sends conditions.
            (FetchedArchive::Unchanged, None) => return Ok(Found::Absent),
            (
                FetchedArchive::Written {
                    digest,
                    size,
                    validators,
                },
                _,
            ) => Archive::Came(Came {
                file,
                content: Content { digest, size },
                validators,
            }),
        };
        Ok(Found::Release {
            archive,
            evidence: Evidence {
                bundle: fetched.bundle,
                records: fetched.records,
            },
        })
    }

    async fn decide_about_new(&self, path: &ReleasePath, came: Came, evidence: Evidence) -> Answer {
        let verdict = self
            .ask_gate_with_news(path, came.file.path(), &evidence)
            .await;
        if let Err(answer) = self.admitted(path, verdict, &came.content) {
            return answer;
        }
        let kept = self.cache.keep(came.file, came.content);
        match kept.and_then(|()| {
            self.note(
                path,
                came.content,
                &came.validators,
                evidence.bundle.as_deref(),
            )
        }) {
            Ok(()) => Answer::File(came.content),
            Err(error) => self.refuse(&CpanPath::Release(path.clone()), Refusal::Internal, error),
        }
    }

    async fn decide_about_kept(
        &self,
        path: &ReleasePath,
        place: Place,
        evidence: Evidence,
    ) -> Answer {
        let archive = self.cache.path(&place.content.digest);
        let verdict = self.ask_gate_with_news(path, &archive, &evidence).await;
        if let Err(answer) = self.admitted(path, verdict, &place.content) {
            return answer;
        }
        let noted = self.note(
            path,
            place.content,
            &place.validators(),
            evidence.bundle.as_deref(),
        );
        match noted {
            Ok(()) => Answer::File(place.content),
            Err(error) => self.refuse(&CpanPath::Release(path.clone()), Refusal::Internal, error),
        }
    }

    /// The upstream is away: what is kept, archive and bundle, is decided about anew.
    async fn without_upstream(
        &self,
        path: &ReleasePath,
        kept: Option<Place>,
        error: CpanError,
    ) -> Answer {
        let wanted = CpanPath::Release(path.clone());
        let Some(place) = kept else {
            return self.refuse(&wanted, Refusal::Upstream, error);
        };
        let bundle = match &place.bundle {
            None => None,
            Some(content) => match self.cache.bytes(content) {
                Some(bytes) => Some(bytes),
                // Without the bundle it would look like an unsigned one.
                None => return self.refuse(&wanted, Refusal::Upstream, error),
            },
        };
        tracing::info!(%path, %error, "the upstream is away, and the release is kept");
        let records = self.held_author_records(&path.author);
        let evidence = Evidence { bundle, records };
        let archive = self.cache.path(&place.content.digest);
        let verdict = self.ask_gate(path, &archive, &evidence).await;
        match self.admitted(path, verdict, &place.content) {
            Ok(()) => Answer::File(place.content),
            Err(answer) => answer,
        }
    }

    async fn ask_gate(&self, path: &ReleasePath, archive: &Path, evidence: &Evidence) -> Verdict {
        let candidate = Candidate {
            path,
            archive,
            bundle: evidence.bundle.as_deref(),
            records: &evidence.records,
        };
        match self.gate().admit(&candidate, self.now()).await {
            Ok(verdict) => verdict,
            Err(error) => Verdict::unavailable(error.to_string()),
        }
    }

    /// The same. The author may have named another identity since the records were looked for; before that
    /// identity is refused they are looked for again.
    async fn ask_gate_with_news(
        &self,
        path: &ReleasePath,
        archive: &Path,
        evidence: &Evidence,
    ) -> Verdict {
        let verdict = self.ask_gate(path, archive, evidence).await;
        if verdict.finding.exit() != Exit::IdentityMismatch {
            return verdict;
        }
        match self.author_records_now(&path.author).await {
            Ok(records) if records != evidence.records => {
                let bundle = evidence.bundle.clone();
                let evidence = Evidence { bundle, records };
                self.ask_gate(path, archive, &evidence).await
            }
            // No news, or none to be had: what was decided stands.
            _ => verdict,
        }
    }

    /// Records a verdict, and lets pass what it admits: these bytes, and no others.
    fn admitted(
        &self,
        path: &ReleasePath,
        verdict: Verdict,
        content: &Content,
    ) -> Result<(), Answer> {
        if verdict.admits() && verdict.digest != Some(content.digest) {
            self.cache.remove(&content.digest);
            return Err(self.refuse(
                &CpanPath::Release(path.clone()),
                Refusal::Internal,
                format_args!(
                    "expected {} in the cache, found other bytes",
                    content.digest
                ),
            ));
        }
        let admits = verdict.admits();
        let record = self
            .records
            .add(Record::of_gate(self.now(), path.to_string(), verdict));
        if admits {
            Ok(())
        } else {
            Err(Answer::Refused(record))
        }
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
        self.known.set(&Place {
            path: path.to_string(),
            content,
            bundle,
            etag: validators.etag.clone(),
            last_modified: validators.last_modified.clone(),
        })
    }
}
