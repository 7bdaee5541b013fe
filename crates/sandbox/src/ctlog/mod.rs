//! A Certificate Transparency log ([RFC 6962]).
//!
//! [RFC 6962]: https://www.rfc-editor.org/rfc/rfc6962

mod api;
mod client;
mod entry;
mod sct;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(crate) use api::router;
pub(crate) use client::submit_precertificate;
pub(crate) use sct::{
    SignedCertificateTimestamp, has_sct_list, poison_extension, sct_list_extension,
};

use crate::clock::Clock;
use crate::key::AuthorityKey;
use crate::merkle::{Hash, MerkleTree, leaf_hash};
use crate::misbehaviour::Misbehaviour;
use crate::x509::Certificate;
use entry::Submission;

/// A misbehaviour of the CT log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CtLogMisbehaviour {
    /// Timestamps and tree heads are signed with another key.
    OtherKey,
    /// Timestamps are those of a log outside the trusted root.
    UnknownLog,
    /// Timestamps are for another certificate.
    OtherCertificate,
}

/// A Certificate Transparency log.
#[derive(Clone)]
pub struct CtLog {
    inner: Arc<Inner>,
}

struct Inner {
    key: AuthorityKey,
    /// For [`CtLogMisbehaviour`].
    rogue_key: AuthorityKey,
    roots: Vec<Certificate>,
    clock: Clock,
    misbehaviour: Misbehaviour<CtLogMisbehaviour>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    tree: MerkleTree,
    /// The leaf and its extra data, as `get-entries` returns them.
    entries: Vec<(Vec<u8>, Vec<u8>)>,
}

impl CtLog {
    /// Creates an empty log that accepts certificates under `roots`.
    pub(crate) fn new(roots: Vec<Certificate>) -> der::Result<Self> {
        Ok(Self {
            inner: Arc::new(Inner {
                key: AuthorityKey::generate()?,
                rogue_key: AuthorityKey::generate()?,
                roots,
                clock: Clock::new(),
                misbehaviour: Misbehaviour::default(),
                state: Mutex::default(),
            }),
        })
    }

    pub fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    pub fn misbehaviour(&self) -> &Misbehaviour<CtLogMisbehaviour> {
        &self.inner.misbehaviour
    }

    /// Returns the number of certificates in the log.
    pub fn size(&self) -> usize {
        self.inner.state().tree.size()
    }

    /// Returns the log's key for the trusted root.
    pub(crate) fn key(&self) -> &AuthorityKey {
        &self.inner.key
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns milliseconds since 1970, the unit of the log's times.
    fn now(&self) -> u64 {
        u64::try_from(self.clock.now().as_millisecond()).unwrap_or_default()
    }

    /// Adds a certificate and returns its SCT.
    fn add(&self, submission: &Submission) -> SignedCertificateTimestamp {
        let timestamp = self.now();
        let leaf = submission.leaf(timestamp);
        let wrong = self.misbehaviour.get();
        let key = match wrong {
            Some(CtLogMisbehaviour::OtherKey | CtLogMisbehaviour::UnknownLog) => &self.rogue_key,
            _ => &self.key,
        };
        let log_id = match wrong {
            Some(CtLogMisbehaviour::UnknownLog) => self.rogue_key.id(),
            _ => self.key.id(),
        };
        // The signature covers the exact bytes of the leaf (RFC 6962, sections 3.2 and 3.4).
        let signature = match wrong {
            Some(CtLogMisbehaviour::OtherCertificate) => key.sign(&[&leaf[..], &[0]].concat()),
            _ => key.sign(&leaf),
        };
        let mut state = self.state();
        state.tree.append(leaf_hash(&leaf));
        state.entries.push((leaf, submission.extra_data()));
        SignedCertificateTimestamp {
            log_id,
            timestamp,
            signature,
        }
    }

    /// Returns size, root and time of the tree, with the signature of RFC 6962, section 3.5.
    fn tree_head(&self) -> (usize, Hash, u64, Vec<u8>) {
        let state = self.state();
        let size = state.tree.size();
        let root = state.tree.root(size).unwrap_or_default();
        let timestamp = self.now();
        let signed = [
            &[0, 1][..],
            &timestamp.to_be_bytes(),
            &(size as u64).to_be_bytes(),
            &root,
        ]
        .concat();
        let key = match self.misbehaviour.get() {
            Some(CtLogMisbehaviour::OtherKey) => &self.rogue_key,
            _ => &self.key,
        };
        (
            size,
            root,
            timestamp,
            sct::digitally_signed(&key.sign(&signed)),
        )
    }
}
