//! Accepted uploads that wait for publication.

use std::collections::VecDeque;

use sha2::{Digest as _, Sha256};

/// Interface of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interface {
    /// The form, with a password.
    Form,
    /// The API, with a token.
    Token,
}

/// An upload that PAUSE has accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedUpload {
    /// The PAUSE id.
    pub user: String,
    /// Path under `authors/id`.
    pub path: String,
    /// SHA-256 of the received bytes, in hexadecimal.
    pub sha256: String,
    pub via: Interface,
}

/// An upload in the queue.
pub(super) struct QueuedUpload {
    pub(super) path: String,
    pub(super) bytes: Vec<u8>,
}

#[derive(Default)]
pub(super) struct Queue {
    pub(super) held: bool,
    waiting: VecDeque<QueuedUpload>,
    accepted: Vec<AcceptedUpload>,
}

impl Queue {
    /// Appends an upload. It replaces one to the same path that is still in the queue, and loses
    /// its place.
    pub(super) fn push(&mut self, user: &str, via: Interface, upload: QueuedUpload) {
        self.accepted.push(AcceptedUpload {
            user: user.to_owned(),
            path: upload.path.clone(),
            sha256: hex::encode(Sha256::digest(&upload.bytes)),
            via,
        });
        self.waiting.retain(|other| other.path != upload.path);
        self.waiting.push_back(upload);
    }

    pub(super) fn next(&mut self) -> Option<QueuedUpload> {
        self.waiting.pop_front()
    }

    pub(super) fn paths(&self) -> Vec<String> {
        self.waiting
            .iter()
            .map(|upload| upload.path.clone())
            .collect()
    }

    pub(super) fn accepted(&self) -> Vec<AcceptedUpload> {
        self.accepted.clone()
    }
}
