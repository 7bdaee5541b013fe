//! An operator's decision for an author who lost every identity: public, with a reason, and after a delay.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::AuthorIndexError;
use crate::record::{AuthorRecord, VERSION_LIMIT};
use cpan_sigstore_core::{
    digest::Sha256Digest,
    release::PauseId,
    text::{printable, shows_as_itself},
};

/// How long everybody, above all the author, can see an override before it is in effect.
pub const OVERRIDE_DELAY: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Longest reason, in bytes.
pub const REASON_LIMIT: usize = 1000;

/// A record that is valid although no identity of the version before it signed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Override {
    /// When the operator first announced it.
    pub announced: Timestamp,
    /// The author of the record.
    pub author: PauseId,
    /// The earliest time at which it is in effect.
    pub effective: Timestamp,
    /// The operator's reason.
    pub reason: String,
    /// The digest of the record.
    pub record: Sha256Digest,
    /// Its version.
    pub version: u32,
}

impl Override {
    /// Returns an override for a record, announced now, to the second.
    ///
    /// # Errors
    /// [`AuthorIndexError`] if the reason is invalid, or the delay is shorter than [`OVERRIDE_DELAY`].
    pub fn announce(
        record: &AuthorRecord,
        reason: &str,
        delay: SignedDuration,
        now: Timestamp,
    ) -> Result<Self, AuthorIndexError> {
        let second = |time: Timestamp| Timestamp::from_second(time.as_second()).unwrap_or(time);
        let announced = second(now);
        let effective = announced.checked_add(delay).map_err(|_| {
            AuthorIndexError::value("effective", "a delay of days, not of ages", delay.as_secs())
        })?;
        let announced = Self {
            announced,
            author: record.author().clone(),
            effective: second(effective),
            reason: reason.to_owned(),
            record: record.digest(),
            version: record.version(),
        };
        announced.check()?;
        Ok(announced)
    }

    pub(super) fn check(&self) -> Result<(), AuthorIndexError> {
        for (field, time) in [("announced", self.announced), ("effective", self.effective)] {
            if time.subsec_nanosecond() != 0 {
                return Err(AuthorIndexError::value(
                    field,
                    "a time in whole seconds",
                    time,
                ));
            }
        }
        if self.announced.duration_until(self.effective) < OVERRIDE_DELAY {
            return Err(AuthorIndexError::value(
                "effective",
                "a time at least seven days after `announced`",
                self.effective,
            ));
        }
        if !(1..=VERSION_LIMIT).contains(&self.version) {
            return Err(AuthorIndexError::value(
                "version",
                "1 to 9999",
                self.version,
            ));
        }
        let reason = &self.reason;
        if reason.trim().is_empty()
            || reason.len() > REASON_LIMIT
            || !reason.chars().all(shows_as_itself)
        {
            return Err(AuthorIndexError::value(
                "reason",
                "1 to 1000 bytes of text without control characters",
                printable(reason),
            ));
        }
        Ok(())
    }

    pub(super) fn place(&self) -> (&PauseId, u32) {
        (&self.author, self.version)
    }
}

/// An override as an operator announced it and a client first saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownOverride {
    /// The digest of the record that it makes valid.
    pub record: Sha256Digest,
    /// The earliest time at which it is in effect, as the operator states.
    pub effective: Timestamp,
    /// When the client first saw it; `None` for the operator, who announced it.
    pub first_seen: Option<Timestamp>,
}

impl From<&Override> for KnownOverride {
    fn from(announced: &Override) -> Self {
        Self {
            record: announced.record,
            effective: announced.effective,
            first_seen: None,
        }
    }
}

impl KnownOverride {
    /// Whether it is in effect. A client waits [`OVERRIDE_DELAY`] after it first saw the override, even if the
    /// operator states an earlier date.
    fn is_in_effect(&self, now: Timestamp) -> bool {
        let is_seen_long = |seen| now.duration_since(seen) >= OVERRIDE_DELAY;
        now >= self.effective && self.first_seen.is_none_or(is_seen_long)
    }
}

/// Returns the digests of the overrides that are in effect.
pub fn in_effect(
    overrides: impl IntoIterator<Item = KnownOverride>,
    now: Timestamp,
) -> Vec<Sha256Digest> {
    let overrides = overrides.into_iter();
    let active = overrides.filter(|known| known.is_in_effect(now));
    active.map(|known| known.record).collect()
}
