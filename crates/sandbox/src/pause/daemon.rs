//! The daemon `paused`, which publishes uploads in passes.
//!
//! A pass takes all uploads that are there, by path. It publishes the new ones, and sleeps after each. Those that an
//! earlier pass published are verified: they enter the index and CHECKSUMS.

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use super::{
    Mail, Pause, PauseMisbehaviour, State,
    gate::GateDecision,
    mail, packages, path,
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
            return self.retry(path, &Dropped::NotFetched.to_string());
        }
        let received = self.queue.received(path).unwrap_or_default().to_vec();
        let decision = match &mut self.gate {
            Some(gate) => gate.decide(path, &received, &self.tree),
            None => GateDecision::Publish(None),
        };
        let accepted = match decision {
            GateDecision::Publish(digest) => digest,
            GateDecision::Wait(reason) => return self.retry(path, &reason),
            GateDecision::Refuse(text) => return self.refuse(path, &text),
        };
        match publish::published_bytes(path, &received, wrong) {
            Ok(bytes) if is_other(&bytes, accepted.as_deref()) => self.retry(
                path,
                "PAUSE would publish other bytes than the gate accepted",
            ),
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

    /// Counts a failure. The last one gives the file up.
    fn retry(&mut self, path: &str, reason: &str) -> DaemonStep {
        let Some(row) = self.queue.row_mut(path) else {
            return DaemonStep::Failed(path.to_owned());
        };
        row.failures += 1;
        if row.failures < MOST_TRIES {
            return DaemonStep::Failed(path.to_owned());
        }
        let mails = mail::given_up(&row.user, path, reason);
        self.remove(path, mails)
    }

    fn give_up(&mut self, path: &str, dropped: Dropped) -> DaemonStep {
        let user = self.user(path);
        let mails = mail::given_up(&user, path, &dropped.to_string());
        self.remove(path, mails)
    }

    /// Gives up what the gate refused.
    fn refuse(&mut self, path: &str, text: &str) -> DaemonStep {
        let user = self.user(path);
        let mails = mail::refused(&user, path, text);
        self.remove(path, mails)
    }

    fn user(&self, path: &str) -> String {
        let row = self.queue.row(path);
        row.map(|row| row.user.clone()).unwrap_or_default()
    }

    /// Removes an upload. Its name is free, unless it would have replaced a file that remains.
    fn remove(&mut self, path: &str, mails: [Mail; 2]) -> DaemonStep {
        self.mails.extend(mails);
        self.queue.give_up(path);
        if self.tree.file(path).is_none() {
            self.registry.forget(path);
        }
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

/// Whether bytes have another digest than the accepted one.
fn is_other(bytes: &[u8], accepted: Option<&str>) -> bool {
    let digest = || format!("sha256:{}", hex::encode(Sha256::digest(bytes)));
    accepted.is_some_and(|accepted| accepted != digest())
}
