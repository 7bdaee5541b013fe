//! The daemon `paused`, which publishes uploads in passes.
//!
//! A pass takes all uploads that are there, by path. It publishes the new ones, and sleeps after each. Those that an
//! earlier pass published are verified: they enter the index and CHECKSUMS.

use jiff::{SignedDuration, Timestamp};

use super::{
    Pause, PauseMisbehaviour, State, mail, packages, path,
    publish::{self, Dropped},
};

/// Time between two passes.
pub const PASS_INTERVAL: SignedDuration = SignedDuration::from_secs(75);
/// Time that the daemon sleeps after each published file.
pub const SLEEP: SignedDuration = SignedDuration::from_secs(10);
/// Attempts after which PAUSE gives up a file.
pub const MOST_TRIES: u32 = 16;

/// A step of the daemon, with a path under `authors/id`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DaemonStep {
    /// A file was published, but is in no CHECKSUMS and no index yet.
    Published(String),
    /// A published file entered CHECKSUMS and the index.
    Verified(String),
    /// A published file was removed, to be fetched again.
    Withdrawn(String),
    /// A file could not be fetched. It waits for another pass.
    Failed(String),
    /// A file was given up: its name is free.
    GivenUp(String),
}

impl Pause {
    /// Does the daemon's next step, or returns `None` if there is nothing to do. The clock is not moved.
    pub fn step(&self) -> Option<DaemonStep> {
        let wrong = self.inner.misbehaviour.get();
        let now = self.inner.clock.now();
        self.state().step(wrong, now)
    }

    /// Finishes the pass that runs, or does a whole one. The clock moves as PAUSE's does: by
    /// [`PASS_INTERVAL`] before the pass, and by [`SLEEP`] after each published file.
    pub fn run_pass(&self) -> Vec<DaemonStep> {
        let mut steps = Vec::new();
        if !self.state().queue.has_pass() {
            self.inner.clock.advance(PASS_INTERVAL);
            self.state().queue.begin_pass();
        }
        while self.state().queue.has_pass() {
            let Some(step) = self.step() else { break };
            if matches!(step, DaemonStep::Published(_)) {
                self.inner.clock.advance(SLEEP);
            }
            steps.push(step);
        }
        steps
    }
}

impl State {
    fn step(&mut self, wrong: Option<PauseMisbehaviour>, now: Timestamp) -> Option<DaemonStep> {
        if !self.queue.has_pass() {
            self.queue.begin_pass();
        }
        let path = self.queue.next_of_pass()?;
        let Some(row) = self.queue.row(&path) else {
            return self.step(wrong, now);
        };
        if row.is_fetched {
            self.verify(&path, now);
            self.queue.has_verified = true;
            self.extract_companions(&path, now);
            return Some(DaemonStep::Verified(path));
        }
        if self.lost.remove(&path) {
            self.tree.delete(&path, now);
            self.queue.repeat(&path);
            return Some(DaemonStep::Withdrawn(path));
        }
        let step = self.fetch(&path, wrong, now);
        let loses = wrong == Some(PauseMisbehaviour::LostConnection) && self.queue.has_verified;
        if loses
            && matches!(step, DaemonStep::Published(_))
            && let Some(row) = self.queue.row_mut(&path)
        {
            // A child of the daemon has closed its connection: what was done is not recorded.
            row.is_fetched = false;
            self.lost.insert(path);
        }
        Some(step)
    }

    /// Publishes an upload with the bytes that the folder of received files has now.
    pub(super) fn fetch(
        &mut self,
        path: &str,
        wrong: Option<PauseMisbehaviour>,
        now: Timestamp,
    ) -> DaemonStep {
        if wrong == Some(PauseMisbehaviour::FailingFetch) {
            return self.fail(path);
        }
        let received = self.queue.received(path).unwrap_or_default();
        match publish::published_bytes(path, received, wrong) {
            Ok(bytes) => {
                let size = bytes.len();
                self.tree.place(path, bytes, now);
                if let Some(row) = self.queue.row_mut(path) {
                    row.is_fetched = true;
                    self.mails.extend(mail::published(&row.user, path, size));
                }
                DaemonStep::Published(path.to_owned())
            }
            Err(dropped) => self.give_up(path, dropped),
        }
    }

    /// Adds a published file to the index and to CHECKSUMS.
    pub(super) fn verify(&mut self, path: &str, now: Timestamp) {
        self.tree.enter(path, now);
        self.queue.finish(path);
    }

    fn fail(&mut self, path: &str) -> DaemonStep {
        let Some(row) = self.queue.row_mut(path) else {
            return DaemonStep::Failed(path.to_owned());
        };
        row.failures += 1;
        if row.failures < MOST_TRIES {
            return DaemonStep::Failed(path.to_owned());
        }
        self.give_up(path, Dropped::NotFetched)
    }

    fn give_up(&mut self, path: &str, dropped: Dropped) -> DaemonStep {
        if let Some(row) = self.queue.row(path) {
            let reason = dropped.to_string();
            self.mails.extend(mail::given_up(&row.user, path, &reason));
        }
        self.queue.give_up(path);
        self.registry.forget(path);
        DaemonStep::GivenUp(path.to_owned())
    }

    /// Writes `.meta` and `.readme` beside an archive. CHECKSUMS is already written and lacks them.
    fn extract_companions(&mut self, path: &str, now: Timestamp) {
        let (folder, name) = path::split(path);
        let Some(bytes) = self.tree.file(path) else {
            return;
        };
        for (companion, content) in packages::companions(name, bytes) {
            self.tree
                .place(&format!("{folder}/{companion}"), content, now);
        }
    }
}
