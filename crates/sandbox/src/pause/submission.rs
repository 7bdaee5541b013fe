//! Handling of an uploaded file until it is in the queue, the same for both interfaces.

use super::{Pause, PauseMisbehaviour, path, queue::Interface, registry::Duplicate};

/// A file as it was sent.
pub(super) struct Submission {
    pub(super) user: String,
    /// File name in the request.
    pub(super) name: String,
    pub(super) subdirectory: String,
    pub(super) bytes: Vec<u8>,
    pub(super) via: Interface,
}

/// Reason why a file is not queued.
pub(super) enum Refusal {
    Empty,
    /// The name is PAUSE's own.
    Reserved,
    /// The path is longer than the database accepts.
    TooLong {
        path: String,
    },
    /// The path, or the name in another folder, is taken.
    Duplicate {
        path: String,
        taken: String,
    },
    /// The database refuses it for another reason.
    Database,
    /// It is silently ignored.
    Silent,
}

impl Pause {
    /// Queues a file and returns its path under `authors/id`. Unless uploads are held, it is
    /// published on return.
    pub(super) fn accept(&self, submission: Submission) -> Result<String, Refusal> {
        let wrong = self.inner.misbehaviour.get();
        if wrong == Some(PauseMisbehaviour::UnsuccessfulSuccess) {
            return Err(Refusal::Silent);
        }
        if submission.bytes.is_empty() {
            return Err(Refusal::Empty);
        }
        let name = path::clean_name(&submission.name);
        if name == "CHECKSUMS" {
            return Err(Refusal::Reserved);
        }
        let subdirectory = path::clean_subdirectory(&submission.subdirectory);
        let path = path::of(&submission.user, &subdirectory, &name);
        if path.len() > path::LONGEST_PATH {
            return Err(Refusal::TooLong { path });
        }
        if wrong == Some(PauseMisbehaviour::DatabaseError) {
            return Err(Refusal::Database);
        }
        let held = self.enqueue(&path, submission)?;
        if !held {
            self.publish_all();
        }
        Ok(path)
    }

    /// Takes the path, queues the file, and returns whether uploads are held.
    fn enqueue(&self, path: &str, submission: Submission) -> Result<bool, Refusal> {
        let mut state = self.state();
        // PAUSE stores the file before it compares the name with its table.
        state.queue.receive(path, submission.bytes);
        if let Err(Duplicate(taken)) = state.registry.insert(&submission.user, path) {
            let path = path.to_owned();
            return Err(Refusal::Duplicate { path, taken });
        }
        state.queue.push(&submission.user, submission.via, path);
        Ok(state.queue.held)
    }
}
