//! The file of the monitor's state: bounded in size, written atomically, and used by one process at a time.

use std::{
    io,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use cpan_sigstore_core::release::PauseId;
use cpan_sigstore_files::{Lock, LockError};

use super::{
    Alert,
    state::{AuthorState, State, parse},
};

/// Largest state, in bytes.
const SIZE_LIMIT: u64 = 256 * 1024 * 1024;
/// Most alerts that are kept until they can be delivered.
const OUTBOX_LIMIT: usize = 10_000;
/// The longest time between two writes of the state while no alerts arise.
const SAVE_EVERY: Duration = Duration::from_secs(10);

/// The state and its file, which no other process uses.
#[derive(Debug)]
pub struct Kept {
    pub(super) state: State,
    path: PathBuf,
    saved: Instant,
    is_saved: bool,
    /// Held until it is dropped.
    _lock: Lock,
}

/// The state cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The file cannot be read or locked.
    #[error("expected to read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The file cannot be written.
    #[error("expected to write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// Another process uses the file.
    #[error("expected nobody else to use {}, found another `watch` at work", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The file is not a valid state.
    #[error("expected what `watch` saw before in {}, found something else: {found}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The description of the fault.
        found: String,
    },
    /// The state is larger than the limit for reading.
    #[error("expected at most {SIZE_LIMIT} bytes to remember in {}, found more; watch fewer authors with one state", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// Too many alerts were not delivered.
    #[error("cannot check more authors: more than {OUTBOX_LIMIT} alerts are not delivered")]
    OutboxFull,
}

impl Kept {
    /// Opens the state in a file. Without a file the state is empty.
    ///
    /// # Errors
    /// Returns an error if the file cannot be used, or if another process uses it.
    pub fn open(path: &Path) -> Result<Self, StateError> {
        let read = |source| StateError::Read {
            path: path.to_owned(),
            source,
        };
        let lock = lock(path)?;
        let state = match cpan_sigstore_files::read_limited(path, SIZE_LIMIT) {
            Ok(Some(bytes)) => parse(&bytes).map_err(|found| StateError::Malformed {
                path: path.to_owned(),
                found,
            })?,
            Ok(None) => State::default(),
            Err(source) => return Err(read(source)),
        };
        Ok(Self {
            state,
            path: path.to_owned(),
            saved: Instant::now(),
            is_saved: true,
            _lock: lock,
        })
    }

    /// Returns an error if there is no room for more alerts.
    pub(super) fn has_room(&self) -> Result<(), StateError> {
        if self.state.outbox.len() > OUTBOX_LIMIT {
            return Err(StateError::OutboxFull);
        }
        Ok(())
    }

    /// Stores an author's state and new alerts, before the monitor delivers these alerts.
    pub(super) fn take(
        &mut self,
        author: &PauseId,
        state: AuthorState,
        alerts: Vec<Alert>,
    ) -> Result<(), StateError> {
        self.state.authors.insert(author.as_str().to_owned(), state);
        self.is_saved = false;
        let has_alerts = !alerts.is_empty();
        self.state.outbox.extend(alerts);
        if has_alerts || self.saved.elapsed() > SAVE_EVERY {
            return self.save();
        }
        Ok(())
    }

    /// Changes the state of an author who needed no check.
    pub(super) fn pass(&mut self, author: &PauseId, note: impl FnOnce(&mut AuthorState)) {
        if let Some(state) = self.state.authors.get_mut(author.as_str()) {
            note(state);
            self.is_saved = false;
        }
    }

    /// Notes whether the CPAN has no files RECENT, and returns whether that is news.
    pub(super) fn note_without_recent(&mut self, without: bool) -> bool {
        let is_news = without && !self.state.without_recent;
        self.is_saved &= self.state.without_recent == without;
        self.state.without_recent = without;
        is_news
    }

    /// Removes and returns the oldest alert, which was delivered.
    pub(super) fn delivered(&mut self) -> Option<Alert> {
        self.is_saved = false;
        self.state.outbox.pop_front()
    }

    /// Writes the file if the state has changed.
    pub(super) fn save(&mut self) -> Result<(), StateError> {
        if self.is_saved {
            return Ok(());
        }
        let write = |source: io::Error| StateError::Write {
            path: self.path.clone(),
            source,
        };
        let bytes = serde_json::to_vec(&self.state).map_err(|error| write(error.into()))?;
        if bytes.len() as u64 > SIZE_LIMIT {
            return Err(StateError::TooLarge {
                path: self.path.clone(),
            });
        }
        cpan_sigstore_files::write_atomic(&self.path, &bytes).map_err(write)?;
        self.saved = Instant::now();
        self.is_saved = true;
        Ok(())
    }
}

/// Locks a file beside the state, because each write replaces the state itself.
fn lock(path: &Path) -> Result<Lock, StateError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    cpan_sigstore_files::lock(Path::new(&name), Duration::ZERO).map_err(|error| match error {
        LockError::Held { .. } => StateError::InUse {
            path: path.to_owned(),
        },
        LockError::Open { path, source } | LockError::Lock { path, source } => {
            StateError::Write { path, source }
        }
    })
}

#[cfg(test)]
mod tests {
    use cpan_sigstore_core::digest::Sha256Digest;
    use jiff::Timestamp;

    use super::*;
    use crate::{AlertCode, state::ReleaseState};

    #[test]
    fn a_state_is_one_process_own_and_read_strictly() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/watch.json");
        let kept = Kept::open(&path).unwrap();
        assert!(matches!(Kept::open(&path), Err(StateError::InUse { .. })));
        drop(kept);
        for text in [
            "",
            "[]",
            r#"{"format":2,"without-recent":false,"authors":{},"outbox":[]}"#,
            r#"{"format":1,"without-recent":false,"authors":{},"outbox":[],"more":1}"#,
            r#"{"format":1,"without-recent":false,"authors":{"../X":{"is-whole":true,"releases":{},"records":{"chain":[],"found":{}},"signers":[]}},"outbox":[]}"#,
            r#"{"format":1,"without-recent":false,"authors":{"MYAUTHOR":{"is-whole":true,"releases":{"O/OT/OTHER/F-1.tgz":{}},"records":{"chain":[],"found":{}},"signers":[]}},"outbox":[]}"#,
        ] {
            std::fs::write(&path, text).unwrap();
            let error = Kept::open(&path).unwrap_err();
            assert!(matches!(error, StateError::Malformed { .. }), "{text}");
        }
    }

    #[test]
    fn what_was_seen_is_read_again_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("watch.json");
        let author: PauseId = "MYAUTHOR".parse().unwrap();
        let digest = Sha256Digest::new([7; 32]);
        let mut seen = AuthorState {
            upto: Some("17.25".parse().unwrap()),
            is_whole: true,
            ..AuthorState::default()
        };
        let release = ReleaseState {
            stated: None,
            archive: Some(digest),
            bundle: Some(digest),
            alarmed: true,
        };
        let of = "authors/id/M/MY/MYAUTHOR/Foo-1.0.tar.gz";
        seen.releases.insert(of.to_owned(), release);
        let alert = Alert::new(AlertCode::BundleDropped, &author, of, Timestamp::UNIX_EPOCH);
        let mut kept = Kept::open(&path).unwrap();
        kept.take(&author, seen.clone(), vec![alert.clone()])
            .unwrap();
        drop(kept);
        let mut kept = Kept::open(&path).unwrap();
        assert_eq!(kept.state.authors["MYAUTHOR"], seen);
        assert_eq!(kept.delivered(), Some(alert));
        kept.save().unwrap();
        drop(kept);
        assert!(Kept::open(&path).unwrap().state.outbox.is_empty());
    }
}
