//! The progress of one connection.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Instant,
};

use tokio::sync::Notify;

/// The last progress of a connection.
pub(super) struct Activity {
    begun: Instant,
    /// In milliseconds since the server began.
    progress: AtomicU64,
    /// Whether the mirror works on an answer.
    is_working: AtomicBool,
    /// Whether the client has sent or read less than the mirror could take or give.
    waits: AtomicBool,
    /// Whether bytes that the client has not read are dropped with the connection.
    is_cut: AtomicBool,
    shed: Notify,
}

impl Activity {
    /// A connection that begins now, of a server that began earlier.
    pub(super) fn new(begun: Instant) -> Self {
        Self {
            begun,
            progress: AtomicU64::new(since(begun)),
            is_working: AtomicBool::new(false),
            waits: AtomicBool::new(false),
            is_cut: AtomicBool::new(false),
            shed: Notify::new(),
        }
    }

    /// Notes that bytes came or went.
    pub(super) fn note_progress(&self) {
        self.progress.store(since(self.begun), Ordering::Relaxed);
        self.waits.store(false, Ordering::Relaxed);
    }

    /// Notes that the client has nothing to read yet, or no room for more.
    pub(super) fn note_wait(&self) {
        self.waits.store(true, Ordering::Relaxed);
    }

    /// Notes that the mirror works on an answer, until the guard is dropped.
    pub(super) fn work(self: &Arc<Self>) -> Work {
        self.is_working.store(true, Ordering::Relaxed);
        Work(Arc::clone(self))
    }

    /// Drops the bytes that the client has not read at the end of the connection. The system would keep them for
    /// minutes, for each client that is gone or reads nothing.
    pub(super) fn cut(&self) {
        self.is_cut.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_cut(&self) -> bool {
        self.is_cut.load(Ordering::Relaxed)
    }

    /// Takes the place of the connection away.
    pub(super) fn shed(&self) {
        self.cut();
        self.shed.notify_one();
    }

    /// Waits until the connection has lost its place.
    pub(super) async fn is_shed(&self) {
        self.shed.notified().await;
    }

    /// Milliseconds from the beginning of the server to the last progress.
    pub(super) fn progress(&self) -> u64 {
        self.progress.load(Ordering::Relaxed)
    }

    /// Whether the mirror waits for the client.
    pub(super) fn is_idle(&self) -> bool {
        self.waits.load(Ordering::Relaxed) && !self.is_working.load(Ordering::Relaxed)
    }
}

/// The time in which the mirror works on an answer.
pub(super) struct Work(Arc<Activity>);

impl Drop for Work {
    fn drop(&mut self) {
        self.0.is_working.store(false, Ordering::Relaxed);
        self.0.note_progress();
    }
}

fn since(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
impl Activity {
    /// A connection that waits for its client, with its last progress at a time.
    pub(super) fn waiting(progress: u64) -> Arc<Self> {
        let activity = Self::new(Instant::now());
        activity.progress.store(progress, Ordering::Relaxed);
        activity.note_wait();
        Arc::new(activity)
    }

    /// A connection whose request the mirror has not looked for, with its last progress at a time.
    pub(super) fn unread(progress: u64) -> Arc<Self> {
        let activity = Self::waiting(progress);
        activity.waits.store(false, Ordering::Relaxed);
        activity
    }

    /// Whether it has lost its place. It is reported once.
    pub(super) fn has_lost_its_place(&self) -> bool {
        use futures_util::FutureExt as _;
        self.is_shed().now_or_never().is_some()
    }
}
