//! Rekor, version 2: a log whose tree clients read as tiles.

mod api;
mod body;
mod served;
mod tiles;

use std::sync::Arc;

pub(crate) use api::router;
pub use served::TileMisbehaviour;

use super::RekorMisbehaviour;
use super::log::Log;
use crate::clock::Clock;
use crate::key::AuthorityKey;
use crate::misbehaviour::Misbehaviour;

#[derive(Clone)]
pub struct RekorV2 {
    log: Arc<Log>,
    tiles: Misbehaviour<TileMisbehaviour>,
}

impl RekorV2 {
    /// Creates an empty log whose origin is its host.
    pub(crate) fn new(host: &str) -> der::Result<Self> {
        Ok(Self {
            log: Arc::new(Log::new(host.to_owned(), host.to_owned())?),
            tiles: Misbehaviour::default(),
        })
    }

    /// Returns the log's clock. No response shows its time.
    pub fn clock(&self) -> &Clock {
        &self.log.clock
    }

    pub fn misbehaviour(&self) -> &Misbehaviour<RekorMisbehaviour> {
        &self.log.misbehaviour
    }

    /// Returns the misbehaviour of the files of the tree.
    pub fn tiles(&self) -> &Misbehaviour<TileMisbehaviour> {
        &self.tiles
    }

    /// Adds an entry that the log does not check.
    pub fn append(&self, body: Vec<u8>) {
        // A second entry with the same body changes nothing.
        let _ = self.log.append(body);
    }

    /// Returns the bodies of all entries, in canonical JSON.
    pub fn entries(&self) -> Vec<Vec<u8>> {
        self.log.bodies(0, usize::MAX)
    }

    /// Returns the log's key for the trusted root.
    pub(crate) fn key(&self) -> &AuthorityKey {
        self.log.key()
    }
}
