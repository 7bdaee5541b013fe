//! The index of the operator whom the user has pinned, kept up to date in the gate's memory.
//!
//! The bundle is asked for first: where it is by the operator, over the index that is kept, nothing else has
//! to come. Otherwise the index is fetched, verified, read, held against what was seen before, and only then
//! taken in, whole. What cannot be had or believed changes nothing.
//!
//! - [`Pin`]: whose index.

mod error;
mod fetch;
mod pin;

pub use error::OperatorError;
pub use fetch::BUNDLE_SUFFIX;
pub use pin::Pin;

use std::path::{Path, PathBuf};

use cpan_sigstore_core::{
    digest::Sha256Digest,
    identity::{IdentityPolicy, SignerIdentity},
};
use cpan_sigstore_gate::{TrustStore, store::StoredIndex};
use cpan_sigstore_keyless::{bundle::SIZE_LIMIT as BUNDLE_LIMIT, verify::Verifier};
use cpan_sigstore_records::author_index::{self, AuthorIndex};
use jiff::{SignedDuration, Timestamp};

use fetch::Place;

/// How long after it was asked an operator is asked again.
pub const AGE: SignedDuration = SignedDuration::from_hours(6);
/// How long after it gave no answer of use.
pub const RETRY: SignedDuration = SignedDuration::from_mins(10);

/// When an operator is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// When it is time.
    WhenDue,
    /// Now.
    Now,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refreshed {
    /// It was not time to ask.
    NotDue,
    /// The index is the one that is kept.
    Unchanged,
    /// Another one was taken in.
    TakenIn {
        /// Its number.
        number: u64,
        /// Of how many authors something else stands in it.
        changed: usize,
    },
}

/// An operator's index that was verified.
#[derive(Clone, Debug)]
pub struct Verified {
    /// Who signed it.
    pub signer: SignerIdentity,
    /// When, by the earliest of the clocks that say so.
    pub signed: Timestamp,
}

/// Where an operator's index is kept as it came, for those who serve it.
#[derive(Clone, Debug)]
pub struct Copies(PathBuf);

impl Copies {
    /// In this folder.
    pub fn in_folder(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// The index.
    pub fn index(&self) -> PathBuf {
        self.0.join("index.json")
    }

    /// Its bundle.
    pub fn bundle(&self) -> PathBuf {
        self.0.join(format!("index.json{BUNDLE_SUFFIX}"))
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), OperatorError> {
        cpan_sigstore_files::write(path, bytes).map_err(OperatorError::file(path))
    }

    /// Index and bundle, where they are those of this index.
    pub fn read(&self, digest: Sha256Digest) -> Option<(Vec<u8>, Vec<u8>)> {
        let index =
            cpan_sigstore_files::read(&self.index(), author_index::SIZE_LIMIT as u64).ok()??;
        let bundle = cpan_sigstore_files::read(&self.bundle(), BUNDLE_LIMIT as u64).ok()??;
        (Sha256Digest::of(&index) == digest).then_some((index, bundle))
    }

    /// Whether the index here is the one of this digest.
    fn hold(&self, digest: Sha256Digest) -> bool {
        let read = cpan_sigstore_files::read(&self.index(), author_index::SIZE_LIMIT as u64);
        matches!(read, Ok(Some(bytes)) if Sha256Digest::of(&bytes) == digest)
    }
}

/// Whether it is time to ask the operator.
fn is_due(kept: Option<&StoredIndex>, now: Timestamp) -> bool {
    let Some(kept) = kept else {
        return true;
    };
    // A time in the future is that of another clock and says nothing.
    let within = |since: Timestamp, age| {
        let passed = since.duration_until(now);
        !passed.is_negative() && passed < age
    };
    let is_young = kept.held && within(kept.state.asked, AGE);
    let failed_lately = kept.tried != kept.state.asked && within(kept.tried, RETRY);
    !is_young && !failed_lately
}

/// Asks the operator, and takes in what it has.
///
/// # Errors
/// Where it gives nothing of use: then what was kept goes on being kept. What the memory says of the age of
/// that is for the gate to judge.
pub async fn refresh(
    pin: &Pin,
    memory: &TrustStore,
    verifier: &Verifier,
    copies: Option<&Copies>,
    ask: Ask,
    now: Timestamp,
) -> Result<Refreshed, OperatorError> {
    let mut kept = memory.index_kept(&pin.url).await?;
    if let (Some(kept), Some(copies)) = (&mut kept, copies) {
        kept.held &= copies.hold(kept.state.digest);
    }
    if ask == Ask::WhenDue && !is_due(kept.as_ref(), now) {
        return Ok(Refreshed::NotDue);
    }
    let refreshed = fetch_and_take_in(pin, memory, verifier, copies, kept, now).await;
    if refreshed.is_err() {
        memory.note_index_tried(&pin.url, now).await?;
    }
    refreshed
}

async fn fetch_and_take_in(
    pin: &Pin,
    memory: &TrustStore,
    verifier: &Verifier,
    copies: Option<&Copies>,
    kept: Option<StoredIndex>,
    now: Timestamp,
) -> Result<Refreshed, OperatorError> {
    let place = Place::at(&pin.url)?;
    let expected = pin.expected()?;
    let bundle = place.file(BUNDLE_SUFFIX, BUNDLE_LIMIT).await?;
    if let Some(kept) = kept.filter(|kept| kept.held)
        && let Ok(verified) = verify(verifier, kept.state.digest, &bundle, Some(&expected))
    {
        if let Some(copies) = copies {
            copies.write(&copies.bundle(), &bundle)?;
        }
        memory
            .note_index_asked(&pin.url, kept.state.digest, verified.signed, now)
            .await?;
        return Ok(Refreshed::Unchanged);
    }
    let text = place.file("", author_index::SIZE_LIMIT).await?;
    let verified = verify(verifier, Sha256Digest::of(&text), &bundle, Some(&expected))?;
    let index = AuthorIndex::parse(text)?;
    let changed = memory
        .take_in_index(&pin.url, &index, verified.signed, now)
        .await?;
    if let Some(copies) = copies {
        copies.write(&copies.index(), index.text().as_bytes())?;
        copies.write(&copies.bundle(), &bundle)?;
    }
    Ok(Refreshed::TakenIn {
        number: index.number(),
        changed,
    })
}

/// Verifies that an operator signed an index of this digest; `None` for whoever it may be.
///
/// # Errors
/// Where the bundle proves nothing, or somebody else signed.
pub fn verify(
    verifier: &Verifier,
    digest: Sha256Digest,
    bundle: &[u8],
    expected: Option<&IdentityPolicy>,
) -> Result<Verified, OperatorError> {
    let verified = verifier.verify_message(digest, bundle)?;
    if let Some(expected) = expected {
        verified.is_by(expected)?;
    }
    let times = verified
        .signature()
        .signed_at()
        .iter()
        .map(|signed| signed.time);
    Ok(Verified {
        signer: verified.signer().clone(),
        // Never empty; the oldest time is the strictest there is.
        signed: times.min().unwrap_or(Timestamp::MIN),
    })
}

#[cfg(test)]
mod tests {
    use cpan_sigstore_gate::store::IndexState;

    use super::*;

    #[test]
    fn an_operator_is_asked_when_it_is_time_and_one_that_is_away_not_all_the_time() {
        let now: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        let kept = |asked: i64, tried: i64, held| StoredIndex {
            state: IndexState {
                operator: "https://operator.example/index.json".to_owned(),
                number: 1,
                digest: Sha256Digest::new([7; 32]),
                signed: now,
                asked: now - SignedDuration::from_mins(asked),
            },
            held,
            tried: now - SignedDuration::from_mins(tried),
        };
        assert!(is_due(None, now));
        for (asked, tried, held, due) in [
            (1, 1, true, false),
            (359, 359, true, false),
            (361, 361, true, true),
            (361, 9, true, false),
            (1, 11, false, true),
            (1, 1, false, true),
            (2, 1, false, false),
            (-60, -60, true, true),
        ] {
            let kept = kept(asked, tried, held);
            assert_eq!(is_due(Some(&kept), now), due, "{asked} {tried} {held}");
        }
    }
}
