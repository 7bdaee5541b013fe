//! The gap between an archive and its bundle.
//!
//! PAUSE publishes an archive some time before its bundle, if both were uploaded together. A release of an author who
//! signs is then no [`Finding::Downgrade`] yet. It is [`Finding::Unavailable`], which admits nothing either, until its
//! bundle can be expected.

use cpan_sigstore_core::{
    decision::Decision, finding::Finding, hint::Hint, release::ReleasePath, verdict::Verdict,
};
use jiff::{SignedDuration, Timestamp};

use crate::{Gate, GateError};

/// Time after publication, and after the first sight, in which a bundle may still follow.
pub const GRACE: SignedDuration = SignedDuration::from_mins(15);

impl Gate {
    /// Returns the time at which a release without a bundle is judged, if its bundle may still follow until then.
    ///
    /// `published` is the date that the CPAN states. Nobody has to tell the truth there, so the first sight counts
    /// the time as well, and a date alone never postpones the judgement again. A release that was admitted with a bundle
    /// has lost it, so nothing follows.
    ///
    /// # Errors
    /// [`GateError::TrustStore`] if the store cannot be used.
    pub async fn awaits_bundle(
        &self,
        path: &ReleasePath,
        published: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, GateError> {
        let Some(published) = published.filter(|published| is_young(*published, now)) else {
            return Ok(None);
        };
        let store = self.trust_store();
        if store.was_signed(path).await? {
            return Ok(None);
        }
        let seen = store.first_sight(path, now).await?;
        // A clock that was set back would keep it young.
        if seen > now || !is_young(seen, now) {
            return Ok(None);
        }
        Ok(seen.min(published).checked_add(GRACE).ok())
    }

    /// Postpones the verdict [`Finding::Downgrade`] as long as the bundle may still follow.
    ///
    /// # Errors
    /// [`GateError::TrustStore`] if the store cannot be used.
    pub async fn await_bundle(
        &self,
        path: &ReleasePath,
        published: Option<Timestamp>,
        verdict: Verdict,
        now: Timestamp,
    ) -> Result<Verdict, GateError> {
        if verdict.finding != Finding::Downgrade || verdict.admits() {
            return Ok(verdict);
        }
        let Some(until) = self.awaits_bundle(path, published, now).await? else {
            return Ok(verdict);
        };
        let found =
            format!("none yet; the archive is new, and is judged without one from {until} on");
        Ok(Verdict {
            digest: verdict.digest,
            expected: verdict.expected,
            found: Some(found),
            hint: Some(Hint::AwaitBundle),
            ..Verdict::new(Finding::Unavailable, Decision::TryLater)
        })
    }
}

fn is_young(since: Timestamp, now: Timestamp) -> bool {
    now.duration_since(since) < GRACE
}
