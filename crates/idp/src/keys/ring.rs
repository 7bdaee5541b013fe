//! Which key signs, and which keys are published: rotation without a gap.
//!
//! A new key is published for a day before it signs, so that everybody who keeps a copy of the key set has it by then.
//! The old one is published for a day after its last token.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{JwkSet, SigningKey};

/// Time for which a key signs.
pub const PERIOD: SignedDuration = SignedDuration::from_hours(24 * 30);
/// Time for which a key is published before it signs, and after it stopped to sign.
pub const OVERLAP: SignedDuration = SignedDuration::from_hours(24);

/// A key and the time of its creation.
#[derive(Clone)]
pub struct DatedKey {
    /// The key.
    pub key: Arc<SigningKey>,
    /// The time of its creation.
    pub created: Timestamp,
}

/// All keys, the oldest first.
#[derive(Clone, Default)]
pub struct KeyRing(Vec<DatedKey>);

impl KeyRing {
    /// Creates a ring.
    pub fn new(mut keys: Vec<DatedKey>) -> Self {
        keys.sort_by(|a, b| (a.created, a.key.kid()).cmp(&(b.created, b.key.kid())));
        Self(keys)
    }

    /// Returns the key that signs now: the newest that everybody knows, or else the oldest.
    pub fn signing(&self, now: Timestamp) -> Option<&Arc<SigningKey>> {
        let known = self
            .0
            .iter()
            .rev()
            .find(|key| later(key.created, OVERLAP) <= now);
        known.or(self.0.first()).map(|key| &key.key)
    }

    /// Returns the keys that are published now.
    pub fn published(&self, now: Timestamp) -> JwkSet {
        let retired = self.retired(now);
        JwkSet {
            keys: self.0[retired..]
                .iter()
                .map(|key| key.key.public())
                .collect(),
        }
    }

    /// Returns how many keys, from the oldest, are of no use any more.
    pub fn retired(&self, now: Timestamp) -> usize {
        // A key stops to sign when its successor starts, a day after the successor's creation.
        let successors = self.0.iter().skip(1);
        successors
            .take_while(|next| later(later(next.created, OVERLAP), OVERLAP) <= now)
            .count()
    }

    /// Returns whether it is time for a new key.
    pub fn is_due(&self, now: Timestamp) -> bool {
        let newest = self.0.last();
        newest.is_none_or(|newest| later(newest.created, PERIOD) <= now)
    }

    /// Returns the keys, the oldest first.
    pub fn keys(&self) -> &[DatedKey] {
        &self.0
    }
}

fn later(time: Timestamp, by: SignedDuration) -> Timestamp {
    time.saturating_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours)
    }

    fn ring(hours: &[i64]) -> KeyRing {
        let keys = hours.iter().map(|hours| DatedKey {
            key: Arc::new(SigningKey::generate().unwrap().0),
            created: at(*hours),
        });
        KeyRing::new(keys.collect())
    }

    /// Runs a year hour by hour, and checks each token against each copy of the key set of the last hours.
    #[test]
    fn rotates_without_a_gap_for_anybody_who_keeps_the_set() {
        let mut ring = KeyRing::default();
        let mut sets: Vec<(i64, JwkSet)> = Vec::new();
        let mut names = std::collections::HashSet::new();
        for hour in 0..24 * 365 {
            if ring.is_due(at(hour)) {
                let mut keys = ring.keys()[ring.retired(at(hour))..].to_vec();
                keys.extend(self::ring(&[hour]).keys().iter().cloned());
                ring = KeyRing::new(keys);
            }
            sets.push((hour, ring.published(at(hour))));
            sets.retain(|(then, _)| hour - then < 24);
            let signing = ring.signing(at(hour)).unwrap();
            names.insert(signing.kid().to_owned());
            for (then, set) in &sets {
                // The first key of all is known to nobody before.
                assert!(
                    set.keys.contains(&signing.public()),
                    "hour {hour}, set of hour {then}"
                );
            }
        }
        assert_eq!(names.len(), 13);
    }

    #[test]
    fn verifies_last_token_of_the_old_key_for_a_day() {
        let ring = ring(&[0, 100]);
        let old = ring.keys()[0].key.public();
        assert_eq!(ring.signing(at(123)).unwrap().public(), old);
        assert_ne!(ring.signing(at(124)).unwrap().public(), old);
        assert!(ring.published(at(147)).keys.contains(&old));
        assert!(!ring.published(at(148)).keys.contains(&old));
    }

    #[test]
    fn signs_with_the_oldest_key_if_the_clock_was_set_back() {
        let ring = ring(&[100, 200]);
        assert_eq!(
            ring.signing(at(0)).unwrap().public(),
            ring.keys()[0].key.public()
        );
        assert!(!ring.is_due(at(0)));
        assert_eq!(ring.published(at(0)).keys.len(), 2);
    }
}
