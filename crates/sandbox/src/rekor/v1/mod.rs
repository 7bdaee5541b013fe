//! Rekor, version 1.

mod api;
mod body;
mod index;

use std::sync::{Arc, Mutex};

pub(crate) use api::router;

use super::RekorMisbehaviour;
use super::log::Log;
use crate::clock::Clock;
use crate::key::AuthorityKey;
use crate::misbehaviour::Misbehaviour;
use index::Index;

/// The number of the tree, part of the origin and of every entry's id.
const TREE_ID: u64 = 1_193_050_959_916_656_506;

/// The log.
#[derive(Clone)]
pub struct RekorV1 {
    inner: Arc<Inner>,
}

struct Inner {
    log: Log,
    index: Mutex<Index>,
}

impl RekorV1 {
    /// An empty log that goes by the name of its host.
    pub(crate) fn new(host: &str) -> der::Result<Self> {
        let origin = format!("{host} - {TREE_ID}");
        Ok(Self {
            inner: Arc::new(Inner {
                log: Log::new(origin, host.to_owned())?,
                index: Mutex::default(),
            }),
        })
    }

    /// The log's time, which is the integrated time of entries.
    pub fn clock(&self) -> &Clock {
        &self.inner.log.clock
    }

    /// What the log does wrong.
    pub fn misbehaviour(&self) -> &Misbehaviour<RekorMisbehaviour> {
        &self.inner.log.misbehaviour
    }

    /// The bodies of all entries, in canonical JSON.
    pub fn entries(&self) -> Vec<Vec<u8>> {
        self.inner.log.bodies(0, usize::MAX)
    }

    /// The log's key for the trusted root.
    pub(crate) fn key(&self) -> &AuthorityKey {
        self.inner.log.key()
    }
}
