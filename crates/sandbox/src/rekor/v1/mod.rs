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

/// Number of the tree, a part of the origin and of every entry's id.
const TREE_ID: u64 = 1_193_050_959_916_656_506;

#[derive(Clone)]
pub struct RekorV1 {
    inner: Arc<Inner>,
}

struct Inner {
    log: Log,
    index: Mutex<Index>,
}

impl RekorV1 {
    /// Creates an empty log named after its host.
    pub(crate) fn new(host: &str) -> der::Result<Self> {
        let origin = format!("{host} - {TREE_ID}");
        Ok(Self {
            inner: Arc::new(Inner {
                log: Log::new(origin, host.to_owned())?,
                index: Mutex::default(),
            }),
        })
    }

    /// Returns the log's clock, which sets the integrated time of entries.
    pub fn clock(&self) -> &Clock {
        &self.inner.log.clock
    }

    pub fn misbehaviour(&self) -> &Misbehaviour<RekorMisbehaviour> {
        &self.inner.log.misbehaviour
    }

    /// Returns the bodies of all entries, in canonical JSON.
    pub fn entries(&self) -> Vec<Vec<u8>> {
        self.inner.log.bodies(0, usize::MAX)
    }

    /// Returns the log's key for the trusted root.
    pub(crate) fn key(&self) -> &AuthorityKey {
        self.inner.log.key()
    }
}
