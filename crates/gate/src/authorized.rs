//! The authorized signers of an author, by the author's own records: from the trust store, the author index and the
//! author's directory. Pure.
//!
//! The chain in the trust store is kept. The index and the directory can only continue it, by the rules of succession.
//! If the store has none, the index decides which chain is the author's. A chain from the directory alone is worth no
//! more than a first signature, and needs the agreement of the first signer if there is one.

use cpan_sigstore_core::{
    digest::Sha256Digest,
    identity::{AuthorIdentity, Membership, SignerIdentity, StableIdentity},
    reason::Provenance,
};
use cpan_sigstore_records::{
    chain::{AppendResult, ChainContext, Outcome, RecordChain, VerifiedRecords},
    record::Releases,
};
use jiff::Timestamp;

use crate::records::RecordRefused;

/// The records of an author from every place.
#[derive(Clone, Debug)]
pub(crate) struct ChainSources {
    /// The chain in the trust store.
    pub known: RecordChain,
    /// The author's first signer.
    pub first_seen: Option<StableIdentity>,
    /// The records in the author index.
    pub index: PlaceRecords,
    /// The records in the author's directory.
    pub directory: PlaceRecords,
    /// Digests of records that an operator put in the place of others, by overrides that are in effect.
    pub overrides: Vec<Sha256Digest>,
}

/// The verified records of one place.
pub(crate) type PlaceRecords = VerifiedRecords<RecordRefused>;

/// The authorized signers of an author, by the author's records.
#[derive(Clone, Debug)]
pub(crate) struct AuthorizedSigners {
    /// The record chain; may be empty.
    pub history: RecordChain,
    pub provenance: Provenance,
    /// Whether the chain is longer than the one in the trust store.
    pub is_news: bool,
    /// Whether an override or a recovery replaced a record of the trust store.
    pub is_replaced: bool,
    /// Why records are not part of the chain.
    pub notes: Vec<String>,
}

impl AuthorizedSigners {
    /// Builds the chain from all places.
    pub fn of(sources: &ChainSources, now: Timestamp) -> Self {
        let terms = ChainContext {
            now,
            overrides: &sources.overrides,
        };
        let known = &sources.known;
        let mut history = known.clone();
        let mut notes = Notes::default();
        notes.refused("the index", &sources.index.refused);
        notes.learned(
            "the index",
            history.append_all(sources.index.signed.clone(), terms),
        );
        let by_index = history.tip().is_some();
        notes.refused("the author's directory", &sources.directory.refused);
        notes.learned(
            "the author's directory",
            history.append_all(sources.directory.signed.clone(), terms),
        );
        let is_new = known.tip().is_none() && history.tip().is_some();
        let overridden = history
            .records()
            .iter()
            .any(|signed| sources.overrides.contains(&signed.record().digest()));
        let mut provenance = match (is_new, by_index) {
            (false, _) => Provenance::Known,
            (true, true) => Provenance::Index,
            (true, false) => Provenance::New,
        };
        if is_new && let Some(first) = &sources.first_seen {
            let agreed =
                history.has_signer(|signer| first.is_signer(&StableIdentity::from(signer)));
            if agreed && provenance == Provenance::New {
                provenance = Provenance::Connected;
            } else if !agreed && !overridden {
                notes.unconnected(&history, first);
                history = known.clone();
            }
        }
        Self {
            is_news: !known.contains(&history),
            is_replaced: !history.contains(known),
            history,
            provenance,
            notes: notes.0,
        }
    }

    /// Whether it continues the chain in the trust store.
    pub fn follows(&self) -> bool {
        self.is_news && self.provenance == Provenance::Known
    }

    /// Whether the chain has a record.
    pub fn has_record(&self) -> bool {
        self.history.tip().is_some()
    }

    /// Compares a signer with the newest record, at these times of signing.
    pub fn compare(&self, signer: &SignerIdentity, times: &[Timestamp]) -> Membership {
        AuthorIdentity::compare(self.history.identities(), signer, times)
    }

    /// Whether every release is signed, by the newest record.
    pub fn all_signed(&self) -> bool {
        self.history.releases() == Some(Releases::Signed)
    }

    /// Names the newest record.
    pub fn name(&self) -> String {
        format!(
            "version {} of the record of {}",
            self.history.version(),
            self.history.author()
        )
    }
}

/// Notes on records that are not part of the chain.
#[derive(Default)]
struct Notes(Vec<String>);

impl Notes {
    fn refused(&mut self, place: &str, refused: &[(u32, RecordRefused)]) {
        for (version, refused) in refused {
            self.0.push(format!(
                "record {version} in {place} is rejected: {refused}"
            ));
        }
    }

    fn learned(&mut self, place: &str, learned: Vec<AppendResult>) {
        for learned in learned {
            if learned.outcome == Outcome::Recovered {
                self.0.push(format!(
                    "a record in {place} replaces a known one: {learned}"
                ));
            } else if !learned.outcome.is_in_chain() {
                self.0
                    .push(format!("a record in {place} is rejected: {learned}"));
            }
        }
    }

    fn unconnected(&mut self, history: &RecordChain, first: &StableIdentity) {
        let signers: Vec<_> = history
            .records()
            .iter()
            .map(|signed| signed.signer().to_string())
            .collect();
        self.0.push(format!(
            "the records of {} are rejected: expected one of them signed by {first}, the author's first signer, found {}",
            history.author(),
            signers.join(", ")
        ));
    }
}
