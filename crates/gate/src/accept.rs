//! A person accepts that an author has another signer, or a module another owner.
//!
//! # Security
//!
//! Only what was learned by first sight can be learned again. A pin, a record and an author index are the words of
//! somebody, and no first sight, so a change against one of them is never accepted here. Neither is any other finding:
//! the release has to be admitted once the change is accepted, or nothing is written.

use cpan_sigstore_core::{finding::Finding, identity::StableIdentity, verdict::Verdict};
use jiff::Timestamp;

use crate::{
    Candidate, Gate, GateError,
    decide::decide,
    evidence::{Evidence, Signature},
    store::{AcceptedChange, HOLDERS_LIMIT},
};

/// The result of an acceptance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acceptance {
    /// The change is in the trust store. This is the verdict about the release now.
    Accepted(Verdict),
    /// The release is denied for another reason, which nobody can accept. Nothing was written.
    Refused(Verdict),
}

impl Gate {
    /// Whether the finding of a verdict is a change that a person may accept, as far as the verdict tells.
    pub fn can_be_accepted(&self, verdict: &Verdict) -> bool {
        matches!(
            verdict.finding,
            Finding::IdentityChanged | Finding::OwnerChanged
        )
    }

    /// Accepts that a release has another signer than the author's first one, or that its author is another owner of its
    /// packages, and admits it.
    ///
    /// # Errors
    /// [`GateError`] if the archive cannot be read or the store cannot be used.
    pub async fn accept(
        &self,
        candidate: &Candidate<'_>,
        now: Timestamp,
    ) -> Result<Acceptance, GateError> {
        let rules = self.policy().rules(candidate.path, candidate.packages);
        let mut evidence = self.collector().evidence(candidate, &rules, now).await?;
        let before = decide(candidate.path, &evidence, &rules);
        if !self.can_be_accepted(&before) {
            return Ok(Acceptance::Refused(before));
        }
        let change = apply(candidate, &mut evidence);
        let after = decide(candidate.path, &evidence, &rules);
        if !after.admits() || after.finding == Finding::OwnerChanged {
            return Ok(Acceptance::Refused(after));
        }
        self.trust_store()
            .accept(candidate.path, &change, now)
            .await?;
        self.admit(candidate, now).await.map(Acceptance::Accepted)
    }
}

/// Changes first signers and owners in the evidence, as the release needs it.
fn apply(candidate: &Candidate<'_>, evidence: &mut Evidence) -> AcceptedChange {
    let mut change = AcceptedChange::default();
    let author = &candidate.path.author;
    if let Signature::Verified(verified) = &evidence.signature {
        let identity = StableIdentity::from(verified.signer());
        let known = &mut evidence.known;
        let own = known
            .distribution
            .iter_mut()
            .find(|it| it.author == *author);
        let rows = known
            .author
            .iter_mut()
            .chain(own.map(|it| &mut it.identity));
        for row in rows.filter(|row| !row.is_signer(&identity)) {
            row.clone_from(&identity);
            change.signer = Some(identity.clone());
        }
        evidence.sources.first_seen.clone_from(&known.author);
    }
    let owners = &mut evidence.owners;
    for package in candidate.packages {
        let is_attested = owners.attested.contains_key(package);
        let known = owners.known.get_mut(package).filter(|_| !is_attested);
        if let Some(known) = known
            && !known.holders.contains(author)
            && known.holders.len() < HOLDERS_LIMIT
        {
            known.holders.push(author.clone());
            change.holders.push(known.clone());
        }
    }
    change
}
