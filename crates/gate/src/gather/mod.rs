//! What is known of a release, gathered from its files, the memory, the index and the author's directory.

mod records;

pub(crate) use records::{FoundRecords, Records, effective};

use std::{fs::File, path::PathBuf, sync::Arc};

use cpan_sigstore_archive::{Destination, preflight};
use cpan_sigstore_core::{digest::Sha256Digest, policy::Rule, release::PauseId};
use cpan_sigstore_keyless::{
    bundle::StrictBundle,
    verify::{Allow, Artifact, VerifyError},
};
use cpan_sigstore_records::chain::SKEW;
use jiff::Timestamp;

use crate::{
    Candidate, GateError, TrustStore,
    binding::{Binding, Sources},
    candidate::Trust,
    evidence::{Evidence, IndexAge, Signature},
    look::ArchiveLook,
    store::Vouched,
};

/// Where what is known comes from.
pub(crate) struct Gatherer<'a> {
    pub trust: &'a Arc<Trust>,
    /// When the repository of the trust material was last asked.
    pub refreshed: Option<Timestamp>,
    /// Whose index is believed.
    pub operator: Option<&'a str>,
    pub memory: &'a TrustStore,
}

/// What of it has to be calculated.
struct Work {
    trust: Arc<Trust>,
    name: String,
    archive: PathBuf,
    bundle: Option<Vec<u8>>,
    allow: Allow,
    records: Records,
}

/// What was calculated.
struct Looked {
    digest: Sha256Digest,
    signature: Signature,
    archive: ArchiveLook,
    records: FoundRecords,
}

impl Gatherer<'_> {
    pub async fn known_version(&self, author: &PauseId) -> Result<u32, GateError> {
        let known = self.memory.history(author).await?.version();
        // What is remembered may be on another side of a fork than the index: then the index's number says
        // nothing of what follows on it.
        if known > 0 {
            return Ok(known);
        }
        let vouched = self.vouched(author).await?;
        let newest = vouched.records.iter().map(|file| file.version).max();
        Ok(newest.unwrap_or(0))
    }

    pub async fn evidence(
        &self,
        candidate: &Candidate<'_>,
        rule: &Rule,
        now: Timestamp,
    ) -> Result<Evidence, GateError> {
        let author = &candidate.path.author;
        let known = self.memory.known(candidate.path).await?;
        let history = self.memory.history(author).await?;
        let vouched = self.vouched(author).await?;
        let index = self.index_age(now).await?;
        let work = Work {
            trust: Arc::clone(self.trust),
            name: candidate.path.name.to_string(),
            archive: candidate.archive.to_owned(),
            bundle: candidate.bundle.map(<[u8]>::to_vec),
            allow: Allow {
                old_format: rule.allow_old_format.value,
            },
            records: Records {
                known: history.clone(),
                index: vouched.records,
                directory: candidate.records.to_vec(),
            },
        };
        // Reading and calculating would hold up what else this thread serves.
        let looked = tokio::task::spawn_blocking(move || work.look())
            .await
            .map_err(|error| GateError::Stopped(error.to_string()))??;
        let sources = Sources {
            known: history,
            first_seen: known.author.clone(),
            index: looked.records.index,
            directory: looked.records.directory,
            overrides: effective(&vouched.overrides, now),
        };
        Ok(Evidence {
            digest: looked.digest,
            signature: looked.signature,
            archive: looked.archive,
            known,
            binding: Binding::of(&sources, now),
            sources,
            untold: looked.records.untold,
            index,
            trust_age: self.refreshed.map(|then| now.duration_since(then)),
        })
    }

    /// What the index has of an author.
    pub async fn vouched(&self, author: &PauseId) -> Result<Vouched, GateError> {
        match self.operator {
            Some(operator) => Ok(self.memory.vouched(operator, author).await?),
            None => Ok(Vouched::default()),
        }
    }

    /// How old the index is.
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

impl Work {
    /// Reads the archive once, and verifies the signatures over what was read.
    fn look(self) -> Result<Looked, GateError> {
        let failed = |source| GateError::Archive {
            path: self.archive.clone(),
            source,
        };
        let mut file = File::open(&self.archive).map_err(failed)?;
        let seen = preflight(&mut file, &self.name, &Destination::default()).map_err(failed)?;
        Ok(Looked {
            digest: seen.digest,
            signature: self.bundle.as_deref().map_or(Signature::Absent, |bundle| {
                verify(&self.trust, seen.digest, bundle, self.allow)
            }),
            archive: ArchiveLook::of(&seen),
            records: self.records.look(&self.trust),
        })
    }
}

fn verify(trust: &Trust, digest: Sha256Digest, bundle: &[u8], allow: Allow) -> Signature {
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
    }
}
