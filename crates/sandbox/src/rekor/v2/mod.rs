//! Rekor, version 2: a log whose tree is read as tiles.

mod api;
mod body;
mod tiles;

use std::sync::Arc;

pub(crate) use api::router;

use super::RekorMisbehaviour;
use super::log::Log;
use crate::clock::Clock;
use crate::key::AuthorityKey;
use crate::misbehaviour::Misbehaviour;

/// The log.
#[derive(Clone)]
pub struct RekorV2 {
    log: Arc<Log>,
}

impl RekorV2 {
    /// An empty log whose origin is its host.
    pub(crate) fn new(host: &str) -> der::Result<Self> {
        Ok(Self {
            log: Arc::new(Log::new(host.to_owned(), host.to_owned())?),
        })
    }

    /// The log's time. Nothing that it answers shows it.
    pub fn clock(&self) -> &Clock {
        &self.log.clock
    }

    /// What the log does wrong.
    pub fn misbehaviour(&self) -> &Misbehaviour<RekorMisbehaviour> {
        &self.log.misbehaviour
    }

    /// The bodies of all entries, in canonical JSON.
    pub fn entries(&self) -> Vec<Vec<u8>> {
        self.log.bodies(0, usize::MAX)
    }

    /// The log's key for the trusted root.
    pub(crate) fn key(&self) -> &AuthorityKey {
        self.log.key()
    }
}
