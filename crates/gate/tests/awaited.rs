//! The gap between an archive and its bundle, at any time.

#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a test that cannot go on fails"
)]

use cpan_sigstore_core::{
    decision::Decision,
    finding::{Exit, Finding},
    policy::Policy,
    release::ReleasePath,
    verdict::Verdict,
};
use cpan_sigstore_gate::{GRACE, Gate, TrustStore};
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

const PATH: &str = "M/MY/MYAUTHOR/Foo-Bar-1.02.tar.gz";

/// A gate, and a release that it would report as a downgrade.
struct Gap {
    gate: Gate,
    path: ReleasePath,
    _folder: TempDir,
}

impl Gap {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("trust-store.sqlite");
        let store = TrustStore::open(place.to_str().unwrap()).await.unwrap();
        Self {
            gate: Gate::without_trust("not needed", Policy::default(), store),
            path: PATH.parse().unwrap(),
            _folder: folder,
        }
    }

    /// The verdict about a release that was published at a minute, at another one.
    async fn at(&self, published: Option<i64>, now: i64) -> Verdict {
        let downgrade = Verdict::new(Finding::Downgrade, Decision::Deny);
        let published = published.map(minute);
        let settled = self
            .gate
            .await_bundle(&self.path, published, downgrade, minute(now));
        settled.await.unwrap()
    }
}

fn minute(number: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_mins(1_000_000 + number)
}

#[tokio::test]
async fn judges_a_young_archive_when_its_bundle_is_overdue() {
    let gap = Gap::new().await;
    let young = gap.at(Some(0), 1).await;
    assert_eq!(young.finding, Finding::Unavailable);
    assert_eq!(young.exit(), Exit::TryLater);
    assert!(!young.admits());
    let until = (minute(0) + GRACE).to_string();
    assert!(young.found.unwrap().contains(&until));
    assert_eq!(gap.at(Some(0), 14).await.finding, Finding::Unavailable);
    assert_eq!(gap.at(Some(0), 15).await.finding, Finding::Downgrade);
}

#[tokio::test]
async fn judges_at_once_without_a_date_or_by_an_old_one() {
    let gap = Gap::new().await;
    assert_eq!(gap.at(None, 1).await.finding, Finding::Downgrade);
    assert_eq!(gap.at(Some(-60), 1).await.finding, Finding::Downgrade);
}

#[tokio::test]
async fn judges_in_time_although_the_mirror_always_states_a_young_date() {
    let gap = Gap::new().await;
    for now in 0..15 {
        // Now, or even in the future.
        let verdict = gap.at(Some(now + now % 2 * 60), now).await;
        assert_eq!(verdict.finding, Finding::Unavailable, "{now}");
    }
    for now in [15, 16, 60, 24 * 60] {
        let verdict = gap.at(Some(now), now).await;
        assert_eq!(verdict.finding, Finding::Downgrade, "{now}");
    }
}

#[tokio::test]
async fn judges_at_once_after_the_clock_was_set_back() {
    let gap = Gap::new().await;
    gap.at(Some(0), 1).await;
    assert_eq!(gap.at(Some(-100), -100).await.finding, Finding::Downgrade);
}

#[tokio::test]
async fn changes_no_other_verdict() {
    let gap = Gap::new().await;
    for finding in [
        Finding::Unsigned,
        Finding::IdentityChanged,
        Finding::Trusted,
    ] {
        let verdict = Verdict::new(finding, Decision::Warn);
        let settled = gap
            .gate
            .await_bundle(&gap.path, Some(minute(0)), verdict.clone(), minute(1))
            .await;
        assert_eq!(settled.unwrap(), verdict);
    }
}
