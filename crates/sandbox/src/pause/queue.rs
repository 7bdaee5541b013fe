//! Accepted uploads: PAUSE's table `uris` as far as the daemon has not finished it, and the folder of received files.

use std::collections::{BTreeMap, VecDeque};

use sha2::{Digest as _, Sha256};

use super::{gate, path};

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

/// An upload that the daemon has not finished.
pub(super) struct Row {
    pub(super) user: String,
    /// Whether it is published; it then waits to be verified.
    pub(super) is_fetched: bool,
    /// Failed attempts to fetch it.
    pub(super) failures: u32,
}

#[derive(Default)]
pub(super) struct Queue {
    pub(super) held: bool,
    /// Whether the daemon takes bundles and records of a pass before archives.
    pub(super) takes_bundles_first: bool,
    /// By path. The daemon reads them in this order, and not in the order of uploads.
    rows: BTreeMap<String, Row>,
    /// The rest of the pass that runs.
    pass: VecDeque<String>,
    /// Whether the pass that runs has verified a file.
    pub(super) has_verified: bool,
    /// Received files by base name: one folder for all users.
    incoming: BTreeMap<String, Vec<u8>>,
    accepted: Vec<AcceptedUpload>,
}

impl Queue {
    /// Stores a received file, also over another user's file of that name.
    pub(super) fn receive(&mut self, path: &str, bytes: Vec<u8>) {
        let (_, name) = path::split(path);
        self.incoming.insert(name.to_owned(), bytes);
    }

    /// Adds an upload, whose file is received. It replaces one to the same path.
    pub(super) fn push(&mut self, user: &str, via: Interface, path: &str) {
        let bytes = self.received(path).unwrap_or_default();
        self.accepted.push(AcceptedUpload {
            user: user.to_owned(),
            path: path.to_owned(),
            sha256: hex::encode(Sha256::digest(bytes)),
            via,
        });
        let row = Row {
            user: user.to_owned(),
            is_fetched: false,
            failures: 0,
        };
        self.rows.insert(path.to_owned(), row);
    }

    /// Returns the file of an upload, as the folder has it now.
    pub(super) fn received(&self, path: &str) -> Option<&[u8]> {
        self.incoming_file(path::split(path).1)
    }

    /// Returns a file of the folder by its name.
    pub(super) fn incoming_file(&self, name: &str) -> Option<&[u8]> {
        self.incoming.get(name).map(Vec::as_slice)
    }

    pub(super) fn row(&self, path: &str) -> Option<&Row> {
        self.rows.get(path)
    }

    pub(super) fn row_mut(&mut self, path: &str) -> Option<&mut Row> {
        self.rows.get_mut(path)
    }

    /// Removes an upload that is finished.
    pub(super) fn finish(&mut self, path: &str) {
        self.rows.remove(path);
    }

    /// Removes an upload and its file, as PAUSE does when it gives up.
    pub(super) fn give_up(&mut self, path: &str) {
        self.finish(path);
        self.incoming.remove(path::split(path).1);
    }

    /// Starts a pass with all uploads that are there. Later ones wait for the next.
    pub(super) fn begin_pass(&mut self) {
        self.pass = self.in_order(self.rows.keys().cloned().collect()).into();
        self.has_verified = false;
    }

    pub(super) fn has_pass(&self) -> bool {
        !self.pass.is_empty()
    }

    /// Returns the next path of the pass.
    pub(super) fn next_of_pass(&mut self) -> Option<String> {
        self.pass.pop_front()
    }

    /// Puts a path back, so that it is the next one.
    pub(super) fn repeat(&mut self, path: &str) {
        self.pass.push_front(path.to_owned());
    }

    /// Returns the uploads that are not published, in the order in which they will be.
    pub(super) fn paths(&self) -> Vec<String> {
        let waiting = self.rows.iter().filter(|(_, row)| !row.is_fetched);
        self.in_order(waiting.map(|(path, _)| path.clone()).collect())
    }

    fn in_order(&self, mut paths: Vec<String>) -> Vec<String> {
        if self.takes_bundles_first {
            paths.sort_by_key(|path| gate::rank(path));
        }
        paths
    }

    pub(super) fn accepted(&self) -> Vec<AcceptedUpload> {
        self.accepted.clone()
    }
}
