//! The four roles' metadata (TUF specification 1.0, section 4).

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::{Repository, TufMisbehaviour, role_key::RoleKey};

/// Lifetime of metadata signed with the offline keys.
const OFFLINE_LIFE: SignedDuration = SignedDuration::from_hours(365 * 24);
/// Lifetime of a timestamp.
const TIMESTAMP_LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);

impl Repository {
    /// Returns the root of this version, if there is one.
    pub(super) fn root(&self, version: usize) -> Option<Vec<u8>> {
        let (key, since, predecessor) = {
            let history = self.history();
            let index = version.checked_sub(1)?;
            let root = history.roots.get(index)?;
            let predecessor = index.checked_sub(1).and_then(|i| history.roots.get(i));
            (
                Arc::clone(&root.key),
                root.since,
                predecessor.map(|root| Arc::clone(&root.key)),
            )
        };
        let inner = &self.inner;
        let keys: Map<String, Value> = [&*key, &inner.targets_key, &inner.online_key]
            .map(|key| (key.id.clone(), key.public.clone()))
            .into_iter()
            .collect();
        let role = |key: &RoleKey| json!({ "keyids": [key.id], "threshold": 1 });
        let mut root = header("root", version, since + OFFLINE_LIFE);
        root["consistent_snapshot"] = true.into();
        root["keys"] = keys.into();
        root["roles"] = json!({
            "root": role(&key),
            "targets": role(&inner.targets_key),
            "snapshot": role(&inner.online_key),
            "timestamp": role(&inner.online_key),
        });
        let mut signatures = vec![key.sign_as(&key.id, &root)];
        if let Some(old) = predecessor {
            let signer = match self.wrong() {
                Some(TufMisbehaviour::ForeignRoot) => &inner.foreign_key,
                _ => &*old,
            };
            signatures.push(signer.sign_as(&old.id, &root));
        }
        Some(envelope(&root, &signatures))
    }

    /// Returns the targets metadata of this version, if there is one.
    pub(super) fn targets(&self, version: usize) -> Option<Vec<u8>> {
        let (files, since) = {
            let history = self.history();
            let generation = history.targets.get(version.checked_sub(1)?)?;
            let files: Map<String, Value> = generation
                .files
                .iter()
                .map(|(name, content)| (name.clone(), described(content)))
                .collect();
            (files, generation.since)
        };
        let mut targets = header("targets", version, since + OFFLINE_LIFE);
        targets["targets"] = files.into();
        Some(signed_by(&self.inner.targets_key, &targets))
    }

    /// Returns the snapshot of this version, if there is one.
    pub(super) fn snapshot(&self, version: usize) -> Option<Vec<u8>> {
        let targets = self.targets(version)?;
        let since = self.published(version)?;
        let mut snapshot = header("snapshot", version, since + OFFLINE_LIFE);
        snapshot["meta"] = json!({ "targets.json": pinned(version, &targets) });
        Some(signed_by(&self.inner.online_key, &snapshot))
    }

    /// Returns the current timestamp.
    pub(super) fn timestamp(&self) -> Option<Vec<u8>> {
        let wrong = self.wrong();
        let newest = self.history().targets.len();
        let (version, snapshot_version) = match wrong {
            Some(TufMisbehaviour::RolledBackTimestamp) => (1, 1),
            Some(TufMisbehaviour::RolledBackSnapshot) => (newest + 1, 1),
            _ => (newest, newest),
        };
        let expires = match wrong {
            Some(TufMisbehaviour::ExpiredTimestamp) => {
                self.inner.clock.now() - SignedDuration::from_hours(1)
            }
            _ => self.published(newest)? + TIMESTAMP_LIFE,
        };
        let snapshot = self.snapshot(snapshot_version)?;
        let mut timestamp = header("timestamp", version, expires);
        timestamp["meta"] = json!({ "snapshot.json": pinned(snapshot_version, &snapshot) });
        let key = &self.inner.online_key;
        let signer = match wrong {
            Some(TufMisbehaviour::ForeignTimestamp) => &self.inner.foreign_key,
            _ => key,
        };
        Some(envelope(&timestamp, &[signer.sign_as(&key.id, &timestamp)]))
    }

    fn published(&self, version: usize) -> Option<Timestamp> {
        let history = self.history();
        let generation = history.targets.get(version.checked_sub(1)?)?;
        Some(generation.since)
    }
}

/// Returns the first fields of every role.
fn header(role: &str, version: usize, expires: Timestamp) -> Value {
    json!({
        "_type": role,
        "spec_version": "1.0.31",
        "version": version,
        "expires": expires.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    })
}

/// Returns a parent's entry for the metadata below it.
fn pinned(version: usize, bytes: &[u8]) -> Value {
    let mut pin = described(bytes);
    pin["version"] = version.into();
    pin
}

fn described(bytes: &[u8]) -> Value {
    json!({
        "length": bytes.len(),
        "hashes": { "sha256": hex::encode(Sha256::digest(bytes)) },
    })
}

fn signed_by(key: &RoleKey, signed: &Value) -> Vec<u8> {
    envelope(signed, &[key.sign_as(&key.id, signed)])
}

fn envelope(signed: &Value, signatures: &[Value]) -> Vec<u8> {
    json!({ "signatures": signatures, "signed": signed })
        .to_string()
        .into_bytes()
}
