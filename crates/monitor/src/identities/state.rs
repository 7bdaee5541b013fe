//! How far the search has come, and its format in the trust store: strict JSON.

use std::collections::{BTreeMap, BTreeSet};

use cpan_sigstore_core::digest::Sha256Digest;
use cpan_sigstore_gate::TrustStore;
use cpan_sigstore_tlog::{hash::NodeHash, tree::TreeHead};
use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{WatchError, state};

/// The name of the state of all logs.
pub(super) const LOGS: &str = "logs";

/// How far the logs were read, by their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct LogsState {
    pub read: BTreeMap<String, ReadTree>,
    /// Logs whose fork was reported.
    pub forked: BTreeSet<String>,
}

/// The tree of all entries that were read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ReadTree {
    pub size: u64,
    pub root: String,
}

/// The search for one author.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct AuthorSearch {
    /// The first entry of each log that was searched with these identities, by the identity's digest and the log's id.
    pub since: BTreeMap<String, BTreeMap<String, u64>>,
    /// Signatures of which no release is known yet.
    pub pending: Vec<Sighting>,
}

/// A signature under an author's identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Sighting {
    pub url: String,
    pub index: u64,
    pub signer: String,
    /// The beginning of the certificate.
    pub issued: Timestamp,
    /// The digest of the signed file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<Sha256Digest>,
    /// The digest of the signed statement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<Sha256Digest>,
}

impl ReadTree {
    pub fn of(tree: &TreeHead) -> Self {
        Self {
            size: tree.size,
            root: tree.root.to_string(),
        }
    }

    /// Size and root; the empty tree if there is no root, so that everything is read again.
    pub fn head(&self) -> TreeHead {
        match NodeHash::from_base64(&self.root) {
            Some(root) => TreeHead {
                size: self.size,
                root,
            },
            None => empty(),
        }
    }
}

/// The tree without entries.
pub(super) fn empty() -> TreeHead {
    TreeHead {
        size: 0,
        root: NodeHash::of_empty_tree(),
    }
}

/// A state, and its text in the trust store.
pub(super) struct Stored<T> {
    name: String,
    before: Option<String>,
    pub value: T,
}

impl<T: Default + Serialize + DeserializeOwned> Stored<T> {
    /// Reads a state; a new one if there is none.
    pub async fn read(store: &TrustStore, name: String) -> Result<Self, WatchError> {
        let before = store.identity_watch(&name).await?;
        let value = match &before {
            Some(text) => state::parse(&name, text)?,
            None => T::default(),
        };
        Ok(Self {
            name,
            before,
            value,
        })
    }

    /// Returns name, former text and new text.
    pub fn row(self) -> Result<(String, Option<String>, String), WatchError> {
        Ok((self.name, self.before, state::text(&self.value)?))
    }
}
