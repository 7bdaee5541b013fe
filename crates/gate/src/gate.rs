//! The gate: gathers what is known of a release, has it decided, and remembers what was allowed.

use std::{fs::File, path::Path, sync::Arc};

use cpan_sigstore_archive::{Destination, preflight};
use cpan_sigstore_core::{
    digest::Sha256Digest,
    policy::{Policy, Rule},
    release::ReleasePath,
    verdict::Verdict,
};
use cpan_sigstore_sigstore::{
    bundle::StrictBundle,
    verify::{Allow, Artifact, Verifier, VerifyError},
};
use jiff::Timestamp;

use crate::{
    GateError, Memory,
    decide::decide,
    evidence::{Evidence, Signature, Valid},
    look::ArchiveLook,
    memory::{Seen, SeenIdentity},
};

/// A release that somebody wants to install.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// Where it is on CPAN: whose it is, and its name.
    pub path: &'a ReleasePath,
    /// The archive: a local file that nobody else writes to. Its own name does not matter.
    pub archive: &'a Path,
    /// The bytes of its bundle; `None` where there is none.
    pub bundle: Option<&'a [u8]>,
}

/// Decides whether releases may be installed.
pub struct Gate {
    trust: Arc<Trust>,
    refreshed: Option<Timestamp>,
    policy: Policy,
    memory: Memory,
}

/// What signatures are verified against.
enum Trust {
    Material(Box<Verifier>),
    /// There is none, for this reason.
    None(String),
}

/// A release that was looked at, before anything is known of its author.
struct Looked {
    digest: Sha256Digest,
    signature: Signature,
    archive: ArchiveLook,
}

impl Gate {
    /// A gate.
    pub fn new(verifier: Verifier, policy: Policy, memory: Memory) -> Self {
        Self {
            trust: Arc::new(Trust::Material(Box::new(verifier))),
            refreshed: None,
            policy,
            memory,
        }
    }

    /// A gate where no trust material is to be had, for this reason: what has a bundle is `unavailable`,
    /// what has none is `unsigned` as ever.
    pub fn without_trust(reason: impl Into<String>, policy: Policy, memory: Memory) -> Self {
        Self {
            trust: Arc::new(Trust::None(reason.into())),
            refreshed: None,
            policy,
            memory,
        }
    }

    /// The same gate, which knows when the repository of the trust material was last asked, so that the
    /// policy can say how old is too old. Trust material from a file has no such age.
    #[must_use]
    pub fn refreshed_at(self, refreshed: Option<Timestamp>) -> Self {
        Self { refreshed, ..self }
    }

    /// What it remembers.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Decides about a release, and remembers nothing.
    ///
    /// # Errors
    /// Where the archive cannot be read or the memory cannot be used; the release is not allowed then.
    pub async fn judge(
        &self,
        candidate: &Candidate<'_>,
        now: Timestamp,
    ) -> Result<Verdict, GateError> {
        let rule = self.policy.rule(candidate.path);
        let evidence = self.evidence(candidate, &rule, now).await?;
        Ok(decide(candidate.path, &evidence, &rule))
    }

    /// Decides about a release, and remembers who signed it where it was allowed.
    ///
    /// # Errors
    /// As [`Gate::judge`], and where it cannot be remembered.
    pub async fn admit(
        &self,
        candidate: &Candidate<'_>,
        now: Timestamp,
    ) -> Result<Verdict, GateError> {
        let rule = self.policy.rule(candidate.path);
        let mut evidence = self.evidence(candidate, &rule, now).await?;
        let verdict = decide(candidate.path, &evidence, &rule);
        let Signature::Valid(valid) = &evidence.signature else {
            return Ok(verdict);
        };
        if !verdict.admits() {
            return Ok(verdict);
        }
        // 10.
        let seen = Seen {
            path: candidate.path,
            digest: evidence.digest,
            identity: SeenIdentity::from(&valid.signer),
            signed: valid.times.iter().min().copied().unwrap_or(now),
            now,
        };
        // Another process may have remembered another signer since the memory was asked.
        evidence.known = self.memory.remember(&seen).await?;
        let settled = decide(candidate.path, &evidence, &rule);
        Ok(if settled.admits() { verdict } else { settled })
    }

    async fn evidence(
        &self,
        candidate: &Candidate<'_>,
        rule: &Rule,
        now: Timestamp,
    ) -> Result<Evidence, GateError> {
        let known = self.memory.known(candidate.path).await?;
        let trust = Arc::clone(&self.trust);
        let allow = Allow {
            old_format: rule.allow_old_format.value,
        };
        let name = candidate.path.name.to_string();
        let archive = candidate.archive.to_owned();
        let bundle = candidate.bundle.map(<[u8]>::to_vec);
        // Reading and calculating would hold up what else this thread serves.
        let work = move || look(&trust, &name, &archive, bundle.as_deref(), allow);
        let looked = tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| GateError::Stopped(error.to_string()))??;
        Ok(Evidence {
            digest: looked.digest,
            signature: looked.signature,
            archive: looked.archive,
            known,
            trust_age: self.refreshed.map(|then| now.duration_since(then)),
        })
    }
}

/// Reads the archive once, and verifies the signature over what was read.
fn look(
    trust: &Trust,
    name: &str,
    archive: &Path,
    bundle: Option<&[u8]>,
    allow: Allow,
) -> Result<Looked, GateError> {
    let failed = |source| GateError::Archive {
        path: archive.to_owned(),
        source,
    };
    let mut file = File::open(archive).map_err(failed)?;
    let seen = preflight(&mut file, name, &Destination::default()).map_err(failed)?;
    Ok(Looked {
        digest: seen.digest,
        signature: bundle.map_or(Signature::Missing, |bundle| {
            verify(trust, seen.digest, bundle, allow)
        }),
        archive: ArchiveLook::of(&seen),
    })
}

fn verify(trust: &Trust, digest: Sha256Digest, bundle: &[u8], allow: Allow) -> Signature {
    let bundle = match StrictBundle::parse(bundle) {
        Ok(bundle) => bundle,
        Err(refused) => return Signature::Refused(refused),
    };
    let verifier = match trust {
        Trust::Material(verifier) => verifier,
        Trust::None(reason) => return Signature::Untold(reason.clone()),
    };
    match verifier.verify(Artifact::Digest(digest), &bundle, allow) {
        Ok(verified) => Signature::Valid(Box::new(Valid::from(&verified))),
        Err(VerifyError::Refused(refused)) => Signature::Refused(refused),
        Err(VerifyError::Artifact(error)) => Signature::Untold(error.to_string()),
    }
}
