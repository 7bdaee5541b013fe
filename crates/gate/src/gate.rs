//! The gate: has what is known of a release gathered and decided, and remembers what was allowed.

use std::{path::Path, sync::Arc};

use cpan_sigstore_core::{
    policy::Policy,
    release::{PauseId, ReleasePath},
    verdict::Verdict,
};
use cpan_sigstore_keyless::verify::Verifier;
use jiff::Timestamp;

use crate::{
    GateError, RecordFile, TrustStore,
    decide::{Lesson, decide},
    evidence::{Evidence, Signature, Valid},
    gather::Gatherer,
    store::{Seen, StableIdentity},
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
    /// The author records that were found in the author's directory, from [`Gate::known_version`] on.
    pub records: &'a [RecordFile],
}

/// Decides whether releases may be installed.
pub struct Gate {
    trust: Arc<Trust>,
    refreshed: Option<Timestamp>,
    operator: Option<String>,
    policy: Policy,
    memory: TrustStore,
}

/// What signatures are verified against.
pub(crate) enum Trust {
    Material(Box<Verifier>),
    /// There is none, for this reason.
    None(String),
}

impl Gate {
    /// A gate.
    pub fn new(verifier: Verifier, policy: Policy, memory: TrustStore) -> Self {
        Self::with_trust(Trust::Material(Box::new(verifier)), policy, memory)
    }

    /// A gate where no trust material is to be had, for this reason: what has a bundle is `unavailable`,
    /// what has none is `unsigned` as ever.
    pub fn without_trust(reason: impl Into<String>, policy: Policy, memory: TrustStore) -> Self {
        Self::with_trust(Trust::None(reason.into()), policy, memory)
    }

    fn with_trust(trust: Trust, policy: Policy, memory: TrustStore) -> Self {
        Self {
            trust: Arc::new(trust),
            refreshed: None,
            operator: None,
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

    /// The same gate, which believes the index of an operator, by its address, as far as the memory has it;
    /// where the memory has none, or an old one, what rests on it is `unavailable`.
    #[must_use]
    pub fn with_index(self, operator: Option<String>) -> Self {
        Self { operator, ..self }
    }

    pub(crate) fn policy(&self) -> &Policy {
        &self.policy
    }

    /// What it verifies signatures with.
    ///
    /// # Errors
    /// The reason why no trust material is to be had.
    pub fn verifier(&self) -> Result<&Verifier, &str> {
        match &*self.trust {
            Trust::Material(verifier) => Ok(verifier),
            Trust::None(reason) => Err(reason),
        }
    }

    /// What it remembers.
    pub fn memory(&self) -> &TrustStore {
        &self.memory
    }

    /// The newest version of an author's record that is remembered, or else in the index; 0 where none is.
    /// Newer ones have to be looked for in the author's directory.
    ///
    /// # Errors
    /// Where the memory cannot be used.
    pub async fn known_version(&self, author: &PauseId) -> Result<u32, GateError> {
        self.gatherer().known_version(author).await
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
        let evidence = self.gatherer().evidence(candidate, &rule, now).await?;
        Ok(decide(candidate.path, &evidence, &rule))
    }

    /// Decides about a release, and remembers who signed it where it was allowed. What the author's records
    /// say anew is remembered in any case, where it follows on what was known.
    ///
    /// # Errors
    /// As [`Gate::judge`], and where it cannot be remembered.
    pub async fn admit(
        &self,
        candidate: &Candidate<'_>,
        now: Timestamp,
    ) -> Result<Verdict, GateError> {
        let rule = self.policy.rule(candidate.path);
        let mut evidence = self.gatherer().evidence(candidate, &rule, now).await?;
        if evidence.binding.follows() {
            self.remember_history(&mut evidence, now).await?;
        }
        let verdict = decide(candidate.path, &evidence, &rule);
        let Signature::Valid(valid) = evidence.signature.clone() else {
            return Ok(verdict);
        };
        if !verdict.admits() {
            return Ok(verdict);
        }
        // 10.
        let lesson = Lesson::of(candidate.path, &evidence, &rule, &valid);
        self.remember(candidate, &valid, lesson, &mut evidence, now)
            .await?;
        let settled = decide(candidate.path, &evidence, &rule);
        Ok(if settled.admits() { verdict } else { settled })
    }

    /// Remembers who signed, no wider than what decided. Another process may have remembered somebody else
    /// meanwhile; then the evidence is what is known now.
    async fn remember(
        &self,
        candidate: &Candidate<'_>,
        valid: &Valid,
        lesson: Lesson,
        evidence: &mut Evidence,
        now: Timestamp,
    ) -> Result<(), GateError> {
        if lesson.chain {
            self.remember_history(evidence, now).await?;
        }
        let seen = Seen {
            path: candidate.path,
            scope: lesson.scope,
            digest: evidence.digest,
            identity: StableIdentity::from(&valid.signer),
            signed: valid.times.iter().min().copied().unwrap_or(now),
            now,
        };
        evidence.known = self.memory.remember(&seen).await?;
        Ok(())
    }

    async fn remember_history(
        &self,
        evidence: &mut Evidence,
        now: Timestamp,
    ) -> Result<(), GateError> {
        let binding = &evidence.binding;
        let known = self
            .memory
            .remember_history(&binding.history, binding.is_replaced, now)
            .await?;
        if !known.extends(&binding.history) {
            evidence.know(known, now);
        }
        Ok(())
    }

    pub(crate) fn gatherer(&self) -> Gatherer<'_> {
        Gatherer {
            trust: &self.trust,
            refreshed: self.refreshed,
            operator: self.operator.as_deref(),
            memory: &self.memory,
        }
    }
}
