//! The author index of the operator whom the user has pinned, kept up to date in the gate's trust store.
//!
//! The client fetches the bundle first. If it is the operator's signature over the stored index, the client
//! needs nothing else. Otherwise it fetches the index, verifies and reads it, and compares it with the earlier
//! ones. Only then does it import the whole index. A failure changes nothing.
//!
//! - [`Pin`]: the operator and the address of the index.

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

/// The time until the next request to an operator, after a usable answer.
pub const AGE: SignedDuration = SignedDuration::from_hours(6);
/// The time until the next request, after one without a usable answer.
pub const RETRY: SignedDuration = SignedDuration::from_mins(10);

/// The time of a request to the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// When the last request is old enough.
    WhenDue,
    /// At once.
    Now,
}

/// The result of a refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refreshed {
    /// The last request is too recent.
    NotDue,
    /// The operator still has the stored index.
    Unchanged,
    /// A new index was imported.
    TakenIn {
        /// Its number.
        number: u64,
        /// The number of authors whose part of the index changed.
        changed: usize,
    },
}

/// The verified signature of an operator's index.
#[derive(Clone, Debug)]
pub struct Verified {
    /// The identity that signed it.
    pub signer: SignerIdentity,
    /// The earliest of its verified signing times.
    pub signed: Timestamp,
}

/// The folder with exact copies of an operator's index and bundle, for programs that serve them.
#[derive(Clone, Debug)]
pub struct Copies(PathBuf);

impl Copies {
    /// Returns the copies in this folder.
    pub fn in_folder(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// Returns the path of the index.
    pub fn index(&self) -> PathBuf {
        self.0.join("index.json")
    }

    /// Returns the path of its bundle.
    pub fn bundle(&self) -> PathBuf {
        self.0.join(format!("index.json{BUNDLE_SUFFIX}"))
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), OperatorError> {
        cpan_sigstore_files::write_atomic(path, bytes).map_err(OperatorError::file(path))
    }

    /// Returns the index and its bundle, if the index has this digest.
    pub fn read(&self, digest: Sha256Digest) -> Option<(Vec<u8>, Vec<u8>)> {
        let index =
            cpan_sigstore_files::read_limited(&self.index(), author_index::SIZE_LIMIT as u64)
                .ok()??;
        let bundle =
            cpan_sigstore_files::read_limited(&self.bundle(), BUNDLE_LIMIT as u64).ok()??;
        (Sha256Digest::of(&index) == digest).then_some((index, bundle))
    }

    /// Whether the copied index has this digest.
    fn hold(&self, digest: Sha256Digest) -> bool {
        let read =
            cpan_sigstore_files::read_limited(&self.index(), author_index::SIZE_LIMIT as u64);
        matches!(read, Ok(Some(bytes)) if Sha256Digest::of(&bytes) == digest)
    }
}

/// Whether it is time to ask the operator.
fn is_due(kept: Option<&StoredIndex>, now: Timestamp) -> bool {
    let Some(kept) = kept else {
        return true;
    };
    // A time in the future comes from another clock and is ignored.
    let within = |since: Timestamp, age| {
        let passed = since.duration_until(now);
        !passed.is_negative() && passed < age
    };
    let is_young = kept.held && within(kept.state.asked, AGE);
    let failed_lately = kept.tried != kept.state.asked && within(kept.tried, RETRY);
    !is_young && !failed_lately
}

/// Asks the operator for its index, and imports a new one.
///
/// # Errors
/// [`OperatorError`] if the operator gives no usable answer. The store then keeps the old index, and the gate
/// judges its age.
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

/// Verifies that an operator signed an index of this digest. Without `expected`, any signer is valid.
///
/// # Errors
/// [`OperatorError`] if the bundle is invalid, or somebody else signed.
pub fn verify(
    verifier: &Verifier,
    digest: Sha256Digest,
    bundle: &[u8],
    expected: Option<&IdentityPolicy>,
) -> Result<Verified, OperatorError> {
    let verified = verifier.verify_message(digest, bundle)?;
    if let Some(expected) = expected {
        expected.check_with_source(verified.signer())?;
    }
    let times = verified
        .signature()
        .signed_at()
        .iter()
        .map(|signed| signed.time);
    Ok(Verified {
        signer: verified.signer().clone(),
        // Never empty; the oldest time is the strictest.
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
