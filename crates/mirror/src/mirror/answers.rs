//! Answers that are remembered for a while. One piece of work serves all requests that wait for it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use cpan_sigstore_core::{decision::Decision, release::PackageName};
use cpan_sigstore_cpan::path::CpanPath;
use moka::{Expiry, future::Cache};

use crate::{cache::Content, decision_log::LogEntry};

/// Longest time for which a denial is remembered, so that a client's next try is answered at once and an
/// author who adds a bundle does not wait.
const DENIED_FOR: Duration = Duration::from_secs(30);
/// Longest time for which "try later" is remembered: long enough for the further tries of one client, each of
/// which would wait for the upstream.
const UNDETERMINED_FOR: Duration = Duration::from_secs(5);
/// Limit of the answers that are remembered.
const ANSWERS_LIMIT: u64 = 50_000;

/// An answer to a client.
#[derive(Clone, Debug)]
pub enum Served {
    /// This file.
    File(Content),
    /// The upstream has no such file.
    Absent,
    /// No file, or not now; the entry has the reason.
    Refused(Arc<LogEntry>),
}

/// The request to which an answer belongs. A release with other packages is decided again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct AnswerKey {
    /// The file.
    pub path: CpanPath,
    /// The packages that lead to it.
    pub packages: Arc<[PackageName]>,
}

impl AnswerKey {
    /// The key of a document.
    pub fn of_document(path: CpanPath) -> Self {
        Self {
            path,
            packages: Arc::default(),
        }
    }
}

/// The remembered answers.
pub(super) type Answers = Cache<AnswerKey, Served>;

/// No answers, each of which will be fresh for as long as it may.
pub(super) fn answers(fresh: Duration) -> Answers {
    Cache::builder()
        .max_capacity(ANSWERS_LIMIT)
        .expire_after(Freshness(fresh))
        .build()
}

struct Freshness(Duration);

impl Expiry<AnswerKey, Served> for Freshness {
    fn expire_after_create(&self, _: &AnswerKey, served: &Served, _: Instant) -> Option<Duration> {
        Some(match served {
            Served::File(_) => self.0,
            Served::Refused(entry) if entry.decision() != Decision::Deny => {
                self.0.min(UNDETERMINED_FOR)
            }
            Served::Absent | Served::Refused(_) => self.0.min(DENIED_FOR),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::sync::Notify;

    fn path() -> AnswerKey {
        AnswerKey::of_document(CpanPath::at("modules/06perms.txt").unwrap())
    }

    #[tokio::test]
    async fn gives_all_waiting_requests_the_result_of_one_piece_of_work() {
        // Also answers that are not remembered at all.
        for fresh in [Duration::ZERO, Duration::from_secs(60)] {
            let answers = answers(fresh);
            let (count, go) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
            let waiting: Vec<_> = (0..20)
                .map(|_| {
                    let (answers, count, go) = (answers.clone(), count.clone(), go.clone());
                    tokio::spawn(async move {
                        let work = async {
                            go.notified().await;
                            count.fetch_add(1, Ordering::Relaxed);
                            Served::Absent
                        };
                        answers.get_with(path(), work).await
                    })
                })
                .collect();
            tokio::task::yield_now().await;
            go.notify_one();
            for one in waiting {
                assert!(matches!(one.await.unwrap(), Served::Absent));
            }
            assert_eq!(count.load(Ordering::Relaxed), 1);
            let is_remembered = answers.get(&path()).await.is_some();
            assert_eq!(is_remembered, !fresh.is_zero());
        }
    }

    #[tokio::test]
    async fn begins_again_after_work_that_panicked() {
        let answers = answers(Duration::from_secs(60));
        let failing = answers.clone();
        let failed = tokio::spawn(async move {
            failing
                .get_with(path(), async { panic!("as planned") })
                .await
        });
        assert!(failed.await.is_err());
        let served = answers.get_with(path(), async { Served::Absent }).await;
        assert!(matches!(served, Served::Absent));
    }
}
