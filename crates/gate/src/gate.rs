//! The gate: collects evidence, decides, and remembers admitted releases.

use std::sync::Arc;

use cpan_sigstore_core::{
    digest::Sha256Digest,
    identity::StableIdentity,
    policy::{PackageRule, Policy},
    reason::Provenance,
    release::{PackageName, PauseId},
    verdict::Verdict,
};
use cpan_sigstore_keyless::verify::{Verifier, VerifyOptions};
use cpan_sigstore_records::chain::RecordChain;
use jiff::Timestamp;

use crate::{
    Candidate, GateError, RecordFile, TrustStore,
    authorized::AuthorizedSigners,
    candidate::Trust,
    collect::{EvidenceCollector, verify},
    decide::{Lesson, SignatureLesson, decide},
    evidence::{Evidence, OwnerEvidence, Signature},
    log::LogClient,
    store::{AdmittedRelease, AdmittedSignature},
};

/// Decides whether releases may be installed.
pub struct Gate {
    trust: Arc<Trust>,
    refreshed: Option<Timestamp>,
    operator: Option<String>,
    policy: Policy,
    store: TrustStore,
    log: Option<Arc<LogClient>>,
}

impl Gate {
    /// Builds a gate.
    pub fn new(verifier: Verifier, policy: Policy, store: TrustStore) -> Self {
        Self::with_trust(Trust::Material(Box::new(verifier)), policy, store)
    }

    /// Builds a gate without trust material, for this reason. A release with a bundle is `unavailable` then; one
    /// without is `unsigned` as ever.
    pub fn without_trust(reason: impl Into<String>, policy: Policy, store: TrustStore) -> Self {
        Self::with_trust(Trust::None(reason.into()), policy, store)
    }

    fn with_trust(trust: Trust, policy: Policy, store: TrustStore) -> Self {
        Self {
            trust: Arc::new(trust),
            refreshed: None,
            operator: None,
            policy,
            store,
            log: None,
        }
    }

    /// The same gate, with the time of the last answer from the repository of the trust material, so that the policy
    /// can limit its age. Trust material from a file has no such age.
    #[must_use]
    pub fn refreshed_at(self, refreshed: Option<Timestamp>) -> Self {
        Self { refreshed, ..self }
    }

    /// The same gate, with the author index of an operator, by its address. If the trust store has none, or an old
    /// one, verdicts that need it are `unavailable`.
    #[must_use]
    pub fn with_index(self, operator: Option<String>) -> Self {
        Self { operator, ..self }
    }

    /// The same gate, with another policy.
    #[must_use]
    pub fn with_policy(self, policy: Policy) -> Self {
        Self { policy, ..self }
    }

    /// The same gate, with the client of the CPAN log that the policy names.
    #[must_use]
    pub fn with_log(self, log: Option<Arc<LogClient>>) -> Self {
        Self { log, ..self }
    }

    /// The client of the CPAN log, if one is used.
    pub fn log(&self) -> Option<&Arc<LogClient>> {
        self.log.as_ref()
    }

    pub(crate) fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The verifier of signatures.
    ///
    /// # Errors
    /// The reason why there is no trust material.
    pub fn verifier(&self) -> Result<&Verifier, &str> {
        match &*self.trust {
            Trust::Material(verifier) => Ok(verifier),
            Trust::None(reason) => Err(reason),
        }
    }

    /// The trust store.
    pub fn trust_store(&self) -> &TrustStore {
        &self.store
    }

    /// Returns the newest version of an author's record in the trust store, or else in the author index, or else 0.
    /// Newer ones are in the author's directory.
    ///
    /// # Errors
    /// [`GateError::TrustStore`] if the store cannot be used.
    pub async fn known_version(&self, author: &PauseId) -> Result<u32, GateError> {
        self.collector().known_version(author).await
    }

    /// Whether neither the author index nor the trust store names the owners of one of the packages. Then the holders
    /// whom the CPAN names are of use ([`Candidate::permissions`]).
    ///
    /// # Errors
    /// [`GateError::TrustStore`] if the store cannot be used.
    pub async fn is_first_use(&self, packages: &[PackageName]) -> Result<bool, GateError> {
        let known = self.store.package_owners(packages).await?;
        let unknown: Vec<_> = packages
            .iter()
            .filter(|package| !known.contains_key(*package))
            .cloned()
            .collect();
        let attested = self.collector().attested_owners(&unknown).await?;
        Ok(attested.len() < unknown.len())
    }

    /// Decides about a release, and remembers nothing.
    ///
    /// # Errors
    /// [`GateError`] if the archive cannot be read or the store cannot be used; the release is not allowed then.
    pub async fn judge(
        &self,
        candidate: &Candidate<'_>,
        now: Timestamp,
    ) -> Result<Verdict, GateError> {
        let rules = self.policy.rules(candidate.path, candidate.packages);
        let evidence = self.collector().evidence(candidate, &rules, now).await?;
        Ok(decide(candidate.path, &evidence, &rules))
    }

    /// Decides about a release, and remembers its signer and the owners of its packages if it was allowed. An author's
    /// records that continue the remembered chain are remembered in any case.
    ///
    /// # Errors
    /// As [`Gate::judge`], and if the store cannot be written.
    pub async fn admit(
        &self,
        candidate: &Candidate<'_>,
        now: Timestamp,
    ) -> Result<Verdict, GateError> {
        let rules = self.policy.rules(candidate.path, candidate.packages);
        let evidence = self.collector().evidence(candidate, &rules, now).await?;
        self.settle(candidate, &rules, evidence, now).await
    }

    /// Decides about a release by the evidence, and remembers what an admitted one teaches.
    pub(crate) async fn settle(
        &self,
        candidate: &Candidate<'_>,
        rules: &[PackageRule],
        mut evidence: Evidence,
        now: Timestamp,
    ) -> Result<Verdict, GateError> {
        if let Signature::Verified(verified) = &evidence.signature {
            for tree in verified.signature().trees() {
                self.store.note_sigstore_tree(tree, now).await?;
            }
        }
        if evidence.authorized.follows()
            && let Some(other) = self.remember_chain(&evidence.authorized, now).await?
        {
            evidence.know(other, now);
        }
        let verdict = decide(candidate.path, &evidence, rules);
        if !verdict.admits() {
            return Ok(verdict);
        }
        // 12.
        let lesson = Lesson::of(candidate.path, &evidence, rules, now);
        if lesson.is_empty() {
            return Ok(verdict);
        }
        let chain = match lesson.signature {
            Some(SignatureLesson { chain: true, .. }) => {
                self.remember_chain(&evidence.authorized, now).await?
            }
            _ => None,
        };
        let seen = AdmittedRelease {
            path: candidate.path,
            signature: admitted_signature(&evidence, lesson.signature, now),
            packages: lesson.packages,
            is_newest: lesson.is_newest,
            now,
        };
        let known = self.store.remember(&seen, candidate.packages).await?;
        let is_contested = !evidence.known.is_continued_by(&known, &seen);
        if chain.is_none() && !is_contested {
            return Ok(verdict);
        }
        // Another process remembered something else meanwhile: that was first, so it decides.
        let owners = self
            .collector()
            .owners(candidate, known.packages.clone(), &known.newest, now)
            .await?;
        let mut contested = Evidence {
            known,
            owners,
            ..evidence
        };
        if let Some(other) = chain {
            contested.know(other, now);
        }
        let settled = decide(candidate.path, &contested, rules);
        Ok(if settled.admits() { verdict } else { settled })
    }

    /// Remembers the records in an author's directory that continue the chain in the trust store. A chain that is not
    /// in the store stays unknown: only a release by one of its signers makes it known.
    ///
    /// # Errors
    /// [`GateError::TrustStore`] if the store cannot be used.
    pub async fn remember_continuation(
        &self,
        author: &PauseId,
        records: &[RecordFile],
        now: Timestamp,
    ) -> Result<(), GateError> {
        let (sources, _) = self.collector().chain_sources(author, records, now).await?;
        let authorized = AuthorizedSigners::of(&sources, now);
        if authorized.follows() {
            self.remember_chain(&authorized, now).await?;
        }
        Ok(())
    }

    /// Returns the owners of packages whose newest records are of use for a release: all of them, if its author is no
    /// owner of one.
    ///
    /// # Errors
    /// [`GateError::TrustStore`] if the store cannot be used.
    pub async fn predecessors(
        &self,
        author: &PauseId,
        packages: &[PackageName],
    ) -> Result<Vec<PauseId>, GateError> {
        let evidence = OwnerEvidence {
            attested: self.collector().attested_owners(packages).await?,
            known: self.store.package_owners(packages).await?,
            ..OwnerEvidence::default()
        };
        let is_foreign = |package| evidence.is_foreign(package, author);
        Ok(match packages.iter().any(is_foreign) {
            true => evidence.all(),
            false => Vec::new(),
        })
    }

    /// Remembers the records in the directory of an owner, as far as they continue the remembered chain, or the owner's
    /// first signer signed one of them. So a hand-over of the owner is known before the release of a successor is judged.
    ///
    /// # Errors
    /// [`GateError::TrustStore`] if the store cannot be used.
    pub async fn remember_owner(
        &self,
        owner: &PauseId,
        records: &[RecordFile],
        now: Timestamp,
    ) -> Result<(), GateError> {
        let (sources, _) = self.collector().chain_sources(owner, records, now).await?;
        let authorized = AuthorizedSigners::of(&sources, now);
        let is_connected = authorized.is_news && authorized.provenance == Provenance::Connected;
        if authorized.follows() || is_connected {
            self.remember_chain(&authorized, now).await?;
        }
        Ok(())
    }

    /// Remembers a chain. Returns another one if that is remembered instead.
    pub(crate) async fn remember_chain(
        &self,
        authorized: &AuthorizedSigners,
        now: Timestamp,
    ) -> Result<Option<RecordChain>, GateError> {
        let known = self
            .store
            .remember_chain(&authorized.history, authorized.is_replaced, now)
            .await?;
        Ok((!known.contains(&authorized.history)).then_some(known))
    }

    /// Verifies a bundle over a digest, as the decision does.
    pub(crate) fn verify_bundle(&self, digest: Sha256Digest, bundle: &[u8]) -> Signature {
        verify(&self.trust, digest, bundle, VerifyOptions::default())
    }

    pub(crate) fn collector(&self) -> EvidenceCollector<'_> {
        EvidenceCollector {
            trust: &self.trust,
            refreshed: self.refreshed,
            operator: self.operator.as_deref(),
            memory: &self.store,
            log: self.log.as_deref(),
            policy: &self.policy,
        }
    }
}

fn admitted_signature(
    evidence: &Evidence,
    lesson: Option<SignatureLesson>,
    now: Timestamp,
) -> Option<AdmittedSignature> {
    let Signature::Verified(verified) = &evidence.signature else {
        return None;
    };
    Some(AdmittedSignature {
        scope: lesson?.scope,
        digest: evidence.digest,
        identity: StableIdentity::from(verified.signer()),
        signed: verified.times().into_iter().min().unwrap_or(now),
    })
}
