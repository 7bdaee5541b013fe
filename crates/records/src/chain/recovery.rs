//! Which recovery key is in effect: section 4.8 of the standard.
//!
//! # Security
//!
//! Everything depends on times of signing, and nothing on the time of arrival. So all who see the same records have
//! the same chain, and a mirror that withholds a recovery record only delays it.

use jiff::{SignedDuration, Timestamp};

use super::SignedRecord;
use crate::record::RecoveryKey;
use cpan_sigstore_core::digest::Sha256Digest;

/// The time after which another recovery key takes effect, if the one before did not sign the change.
pub const RECOVERY_WAIT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The recovery key after some records of a chain.
#[derive(Clone, Copy, Default)]
struct KeyState<'a> {
    in_effect: Option<&'a RecoveryKey>,
    /// A key, or none, that takes effect at a time.
    pending: Option<(Option<&'a RecoveryKey>, Timestamp)>,
}

/// Returns the recovery key that is in effect after the records of a chain, at every one of these times.
pub(super) fn key<'a>(
    records: &'a [SignedRecord],
    overrides: &[Sha256Digest],
    times: &[Timestamp],
) -> Option<&'a RecoveryKey> {
    let at = |time: &Timestamp| KeyState::of(records, overrides, *time).in_effect;
    let first = times.iter().min().and_then(at)?;
    let last = times.iter().max().and_then(at)?;
    (first == last).then_some(first)
}

impl<'a> KeyState<'a> {
    fn of(records: &'a [SignedRecord], overrides: &[Sha256Digest], time: Timestamp) -> Self {
        let mut state = Self::default();
        for signed in records {
            state.follow(signed, overrides, time);
        }
        state.settle(time);
        state
    }

    /// Follows the next record, as somebody sees it who knows of nothing after `until`.
    fn follow(&mut self, signed: &'a SignedRecord, overrides: &[Sha256Digest], until: Timestamp) {
        let record = signed.record();
        // A record without a time never lets a key take effect.
        let at = signed.signed().unwrap_or(Timestamp::MAX);
        self.settle(at.min(until));
        let stated = record.recovery_key();
        let is_agreed = self
            .in_effect
            .is_some_and(|key| record.is_recovered_by(key));
        if is_agreed || overrides.contains(&record.digest()) {
            self.in_effect = stated;
            self.pending = None;
        } else if stated == self.in_effect {
            self.pending = None;
        } else if self.pending.is_none_or(|(key, _)| key != stated) {
            let effective = at.checked_add(RECOVERY_WAIT).unwrap_or(Timestamp::MAX);
            self.pending = Some((stated, effective));
        }
    }

    fn settle(&mut self, time: Timestamp) {
        if let Some((key, effective)) = self.pending
            && effective <= time
        {
            self.in_effect = key;
            self.pending = None;
        }
    }
}
