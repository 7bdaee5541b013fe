//! Explains which identities may sign for an author: every source, the first that applies, and since when.

use cpan_sigstore_core::{
    identity::AuthorIdentity, policy::Setting, reason::Provenance, release::PauseId,
    verdict::BindingSource,
};
use cpan_sigstore_records::{
    chain::{RecordChain, RecordSummary, SignedRecord},
    record::{Change, Releases},
};
use jiff::Timestamp;
use serde::Serialize;

use crate::{
    Gate, GateError, RecordFile,
    authorized::AuthorizedSigners,
    evidence::IndexAge,
    store::{StoredRecord, TofuEntry},
};

/// The sources of the identities that may sign for an author.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Explanation {
    /// The author.
    pub author: PauseId,
    /// The first source that applies, if there is one. Certificates that PAUSE issued come before the first signer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<BindingSource>,
    /// The pins of the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pins: Option<PinExplanation>,
    /// The author's record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<RecordExplanation>,
    /// The identity that PAUSE gives the author, if the policy accepts it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause: Option<String>,
    /// The author's first signer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_seen: Option<TofuEntry>,
    /// The age of the author index, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<String>,
    /// Why records are not part of the chain.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<String>,
    /// Why records that were found could not be verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub untold: Option<String>,
}

/// The pins of the user.
#[derive(Clone, Debug, Serialize)]
pub struct PinExplanation {
    /// The identities.
    pub identities: Vec<String>,
    /// The section of the policy.
    pub origin: String,
}

/// The author's newest record, and its history.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct RecordExplanation {
    /// The provenance of the chain.
    #[serde(rename = "standing")]
    pub provenance: Provenance,
    /// The authorized signers.
    pub identities: Vec<String>,
    /// Whether all releases are signed.
    pub releases: Option<Releases>,
    /// Each version.
    pub versions: Vec<Version>,
}

/// One version of a record.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Version {
    /// Its number, signer and time.
    #[serde(flatten)]
    pub side: RecordSummary,
    /// The time at which it was first seen here, if it is in the trust store.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<Timestamp>,
    /// The changes against the version before.
    pub changes: Vec<String>,
}

impl Gate {
    /// Explains which identities may sign for an author. `records` are those of the author's directory, from
    /// [`Gate::known_version`] on. Nothing is remembered.
    ///
    /// # Errors
    /// [`GateError::TrustStore`] if the store cannot be used.
    pub async fn explain(
        &self,
        author: &PauseId,
        records: &[RecordFile],
        now: Timestamp,
    ) -> Result<Explanation, GateError> {
        let collector = self.collector();
        let index = collector.index_age(now).await?;
        let remembered = self.trust_store().stored_records(author).await?;
        let first_seen = self.trust_store().first_seen(author).await?;
        let (sources, untold) = collector.chain_sources(author, records, now).await?;
        let authorized = AuthorizedSigners::of(&sources, now);
        let rule = self.policy().author_rule(author);
        let pins = rule.identities.as_ref().map(PinExplanation::of);
        let record = authorized
            .has_record()
            .then(|| RecordExplanation::of(&authorized, &remembered));
        let source = pins
            .as_ref()
            .map(|_| BindingSource::Pin)
            .or(record.as_ref().map(|_| BindingSource::Record))
            .or(first_seen.as_ref().map(|_| BindingSource::FirstSeen));
        Ok(Explanation {
            author: author.clone(),
            source,
            pins,
            record,
            pause: rule
                .pause
                .map(|pause| format!("{author}!{} (by {})", pause.domain, pause.issuer)),
            first_seen,
            index: index.as_ref().map(IndexAge::to_string),
            refused: authorized.notes,
            untold,
        })
    }
}

impl PinExplanation {
    fn of(pins: &Setting<Vec<AuthorIdentity>>) -> Self {
        Self {
            identities: pins.value.iter().map(ToString::to_string).collect(),
            origin: pins.origin.to_string(),
        }
    }
}

impl RecordExplanation {
    fn of(authorized: &AuthorizedSigners, remembered: &[StoredRecord]) -> Self {
        let history = &authorized.history;
        Self {
            provenance: authorized.provenance,
            identities: history
                .identities()
                .iter()
                .map(ToString::to_string)
                .collect(),
            releases: history.releases(),
            versions: versions(history, remembered),
        }
    }
}

fn versions(chain: &RecordChain, stored: &[StoredRecord]) -> Vec<Version> {
    let of = |(signed, changes): (&SignedRecord, Vec<Change>)| {
        let stored = stored.iter().find(|it| it.record == *signed.record());
        Version {
            side: RecordSummary::from(signed),
            seen: stored.map(|stored| stored.seen),
            changes: changes.iter().map(Change::to_string).collect(),
        }
    };
    chain.versions().map(of).collect()
}
