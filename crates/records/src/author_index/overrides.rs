//! What an operator decides where an author has lost every identity: openly, with a reason, and not at once.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::AuthorIndexError;
use crate::record::{AuthorRecord, VERSION_LIMIT};
use cpan_sigstore_core::{
    digest::Sha256Digest,
    release::PauseId,
    text::{printable, shows_as_itself},
};

/// How long an override is there for all to see, the author first of all, before it counts.
pub const OVERRIDE_DELAY: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Longest reason, in bytes.
pub const REASON_LIMIT: usize = 1000;

/// A record that counts although no identity of the version before it signed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Override {
    /// When the operator said so first.
    pub announced: Timestamp,
    /// Whose record.
    pub author: PauseId,
    /// When it counts at the earliest.
    pub effective: Timestamp,
    /// Why.
    pub reason: String,
    /// The digest of the record.
    pub record: Sha256Digest,
    /// Its version.
    pub version: u32,
}

impl Override {
    /// An override for a record, announced now, to the second.
    ///
    /// # Errors
    /// Where there is no reason, or it would count too soon.
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

    /// Whether it counts, by the operator's word. A client waits as long after it first saw it, too.
    pub fn is_effective(&self, now: Timestamp) -> bool {
        now >= self.effective
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
