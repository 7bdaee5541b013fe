//! What was accepted and waits to be published.

use std::collections::VecDeque;

use sha2::{Digest as _, Sha256};

/// By which interface a file came.
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
    /// Where it goes, under `authors/id`.
    pub path: String,
    /// The SHA-256 of the bytes that came, in hexadecimal.
    pub sha256: String,
    /// How it came.
    pub via: Interface,
}

/// A file that waits.
pub(super) struct Waiting {
    pub(super) path: String,
    pub(super) bytes: Vec<u8>,
}

#[derive(Default)]
pub(super) struct Queue {
    pub(super) held: bool,
    waiting: VecDeque<Waiting>,
    accepted: Vec<AcceptedUpload>,
}

impl Queue {
    /// Appends an upload. One to the same path that still waits is replaced by it, and loses its turn.
    pub(super) fn push(&mut self, user: &str, via: Interface, upload: Waiting) {
        self.accepted.push(AcceptedUpload {
            user: user.to_owned(),
            path: upload.path.clone(),
            sha256: hex::encode(Sha256::digest(&upload.bytes)),
            via,
        });
        self.waiting.retain(|other| other.path != upload.path);
        self.waiting.push_back(upload);
    }

    pub(super) fn next(&mut self) -> Option<Waiting> {
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
