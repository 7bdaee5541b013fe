//! A TUF repository (specification 1.0): root, timestamp, snapshot and targets with consistent
//! snapshots. P-256 keys sign it, in the form of the public-good repository.
//!
//! Metadata is created on request from the publications so far. Signatures are deterministic, so
//! two clients see the same bytes.

mod canonical;
mod metadata;
mod misbehaviour;
mod role_key;
mod serve;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use jiff::Timestamp;

pub use misbehaviour::TufMisbehaviour;

use crate::{clock::Clock, misbehaviour::Misbehaviour};
use role_key::RoleKey;

/// A TUF repository. Clones are the same repository.
#[derive(Clone)]
pub struct Repository {
    inner: Arc<Inner>,
}

struct Inner {
    clock: Clock,
    targets_key: RoleKey,
    /// Signs snapshot and timestamp.
    online_key: RoleKey,
    /// In no root.
    foreign_key: RoleKey,
    history: Mutex<History>,
    misbehaviour: Misbehaviour<TufMisbehaviour>,
}

/// All publications. The version of a generation is its position, counted from one.
struct History {
    roots: Vec<RootGeneration>,
    targets: Vec<TargetsGeneration>,
}

struct RootGeneration {
    key: Arc<RoleKey>,
    since: Timestamp,
}

struct TargetsGeneration {
    files: Vec<(String, Vec<u8>)>,
    since: Timestamp,
}

impl Repository {
    /// Creates a repository with these targets (names and contents) and new keys.
    ///
    /// # Errors
    /// If a public key cannot be encoded.
    pub fn new(clock: Clock, targets: Vec<(String, Vec<u8>)>) -> Result<Self, spki::Error> {
        let now = clock.now();
        let history = History {
            roots: vec![RootGeneration {
                key: Arc::new(RoleKey::generate()?),
                since: now,
            }],
            targets: vec![TargetsGeneration {
                files: targets,
                since: now,
            }],
        };
        Ok(Self {
            inner: Arc::new(Inner {
                clock,
                targets_key: RoleKey::generate()?,
                online_key: RoleKey::generate()?,
                foreign_key: RoleKey::generate()?,
                history: Mutex::new(history),
                misbehaviour: Misbehaviour::default(),
            }),
        })
    }

    /// Returns all routes, to be mounted at the base URL.
    pub fn router(&self) -> Router {
        serve::router(self.clone())
    }

    /// Returns the first root, from which a client starts.
    pub fn root_json(&self) -> Vec<u8> {
        self.root(1).unwrap_or_default()
    }

    /// Replaces all targets. Versions of snapshot, targets and timestamp increase by one.
    pub fn publish(&self, targets: Vec<(String, Vec<u8>)>) {
        let since = self.inner.clock.now();
        self.history().targets.push(TargetsGeneration {
            files: targets,
            since,
        });
    }

    /// Publishes a root with a new root key, signed with the old and the new key.
    ///
    /// # Errors
    /// If the new public key cannot be encoded.
    pub fn rotate_root(&self) -> Result<(), spki::Error> {
        let key = Arc::new(RoleKey::generate()?);
        let since = self.inner.clock.now();
        self.history().roots.push(RootGeneration { key, since });
        Ok(())
    }

    pub fn misbehaviour(&self) -> &Misbehaviour<TufMisbehaviour> {
        &self.inner.misbehaviour
    }

    fn wrong(&self) -> Option<TufMisbehaviour> {
        self.inner.misbehaviour.get()
    }

    fn history(&self) -> MutexGuard<'_, History> {
        let history = &self.inner.history;
        history.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
