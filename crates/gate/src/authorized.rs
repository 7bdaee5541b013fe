//! Who signs for an author, by the author's own records: put together from what is remembered, what the
//! index says and what was found in the author's directory. Pure.
//!
//! What is remembered stands. The index and the directory can continue it, by the rules of succession, and
//! nothing else. Where nothing is remembered, the index is believed on which records are the author's; the
//! directory is believed as little as a first signature, and no more than whoever signed first agrees to.

use cpan_sigstore_core::{
    digest::Sha256Digest,
    identity::{AuthorIdentity, Membership, SignerIdentity, StableIdentity},
    reason::Provenance,
};
use cpan_sigstore_records::{
    chain::{AppendResult, ChainContext, RecordChain, VerifiedRecords},
    record::Releases,
};
use jiff::Timestamp;

use crate::records::RecordRefused;

/// What is known and was found of an author's records.
#[derive(Clone, Debug)]
pub(crate) struct ChainSources {
    /// What is remembered.
    pub known: RecordChain,
    /// Who signed the author's first release that was seen.
    pub first_seen: Option<StableIdentity>,
    /// What the index has.
    pub index: PlaceRecords,
    /// What lies in the author's directory.
    pub directory: PlaceRecords,
    /// Digests of records that an operator put in the place of others, and that count by now.
    pub overrides: Vec<Sha256Digest>,
}

/// The verified records of one place.
pub(crate) type PlaceRecords = VerifiedRecords<RecordRefused>;

/// Who signs for an author, by the author's records.
#[derive(Clone, Debug)]
pub(crate) struct AuthorizedSigners {
    /// The records that count; may be none.
    pub history: RecordChain,
    pub provenance: Provenance,
    /// Whether there is more than was remembered.
    pub is_news: bool,
    /// Whether an override put one in the place of what was remembered.
    pub is_replaced: bool,
    /// What did not count, and why, in words.
    pub notes: Vec<String>,
}

impl AuthorizedSigners {
    /// Puts together what there is.
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
            let agreed = history.has_signer(|signer| StableIdentity::from(signer) == *first);
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

    /// Whether it has news that follow on what was remembered.
    pub fn follows(&self) -> bool {
        self.is_news && self.provenance == Provenance::Known
    }

    /// Whether there is a record that counts.
    pub fn speaks(&self) -> bool {
        self.history.tip().is_some()
    }

    /// Whether a signer at these times is the author, by the newest record.
    pub fn compare(&self, signer: &SignerIdentity, times: &[Timestamp]) -> Membership {
        AuthorIdentity::compare(self.history.identities(), signer, times)
    }

    /// Whether every release is signed, by the newest record.
    pub fn all_signed(&self) -> bool {
        self.history.releases() == Some(Releases::Signed)
    }

    /// The newest record, in words.
    pub fn name(&self) -> String {
        format!(
            "version {} of the record of {}",
            self.history.version(),
            self.history.author()
        )
    }
}

/// What did not count.
#[derive(Default)]
struct Notes(Vec<String>);

impl Notes {
    fn refused(&mut self, place: &str, refused: &[(u32, RecordRefused)]) {
        for (version, refused) in refused {
            self.0.push(format!(
                "record {version} in {place} does not count: {refused}"
            ));
        }
    }

    fn learned(&mut self, place: &str, learned: Vec<AppendResult>) {
        for learned in learned.into_iter().filter(|it| !it.outcome.is_in_chain()) {
            self.0
                .push(format!("a record in {place} does not count: {learned}"));
        }
    }

    fn unconnected(&mut self, history: &RecordChain, first: &StableIdentity) {
        let signers: Vec<_> = history
            .records()
            .iter()
            .map(|signed| signed.signer().to_string())
            .collect();
        self.0.push(format!(
            "the records of {} do not count: expected one of them signed by {first}, who signed the author's first release that was seen, found {}",
            history.author(),
            signers.join(", ")
        ));
    }
}
