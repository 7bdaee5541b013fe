//! The attacks: each takes a good exhibit and spoils one thing.

mod artifact;
mod certificate;
mod form;
mod log_entry;
mod old_format;
mod signature;
mod timestamp;
mod trust;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::peer::Format;

/// Input of a verifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exhibit {
    /// Bytes of the file.
    pub artifact: Vec<u8>,
    /// The bundle as text: some attacks are not JSON.
    pub bundle: String,
    pub format: Format,
    /// The verifier's trusted root.
    pub trusted_root: Value,
    /// The identity that the verifier expects.
    pub identity: String,
    /// The issuer that the verifier expects.
    pub issuer: String,
}

/// Good exhibits of the same form, from which an attacker can borrow.
#[derive(Clone, Debug)]
pub struct Others {
    /// The same author's signature of another file, with that file.
    pub other_artifact: Exhibit,
    /// A stranger's signature of the same file.
    pub stranger: Exhibit,
    /// The same author's signature of the same file at an untrusted Sigstore.
    pub other_sigstore: Exhibit,
}

pub type Tampering = fn(&mut Exhibit, &Others);

/// Returns every attack by its name in `cases.toml`.
pub fn all() -> BTreeMap<&'static str, Tampering> {
    [
        artifact::ATTACKS,
        certificate::ATTACKS,
        form::ATTACKS,
        log_entry::ATTACKS,
        old_format::ATTACKS,
        signature::ATTACKS,
        timestamp::ATTACKS,
        trust::ATTACKS,
    ]
    .into_iter()
    .flatten()
    .copied()
    .collect()
}

/// The attacks in one file, by name.
type Attacks = &'static [(&'static str, Tampering)];

const ENTRY: &str = "/verificationMaterial/tlogEntries/0";
const ENTRIES: &str = "/verificationMaterial/tlogEntries";

impl Exhibit {
    /// Returns the bundle as a document, or `null` if it is not JSON.
    fn document(&self) -> Value {
        serde_json::from_str(&self.bundle).unwrap_or_default()
    }

    /// Changes the bundle as a document.
    fn edit(&mut self, change: impl FnOnce(&mut Value)) {
        let mut document = self.document();
        change(&mut document);
        self.bundle = document.to_string();
    }

    /// Sets the value at `path` (RFC 6901) of the bundle.
    fn set(&mut self, path: &str, value: Value) {
        self.edit(|bundle| {
            if let Some(place) = bundle.pointer_mut(path) {
                *place = value;
            }
        });
    }

    /// Removes the field `key` from the object at `path` of the bundle.
    fn remove(&mut self, path: &str, key: &str) {
        self.edit(|bundle| {
            if let Some(object) = bundle.pointer_mut(path).and_then(Value::as_object_mut) {
                object.remove(key);
            }
        });
    }

    /// Adds a field to the object at `path` of the bundle.
    fn add(&mut self, path: &str, key: &str, value: Value) {
        self.edit(|bundle| {
            if let Some(object) = bundle.pointer_mut(path).and_then(Value::as_object_mut) {
                object.insert(key.to_owned(), value);
            }
        });
    }

    /// Copies the value at `path` from another bundle.
    fn borrow(&mut self, other: &Exhibit, path: &str) {
        let value = other.at(path);
        self.set(path, value);
    }

    /// Returns the value at `path` of the bundle, or `null`.
    fn at(&self, path: &str) -> Value {
        self.document().pointer(path).cloned().unwrap_or_default()
    }

    /// Changes the decoded base64 at `path` of the bundle.
    fn edit_bytes(&mut self, path: &str, change: impl FnOnce(&mut Vec<u8>)) {
        self.edit(|bundle| edit_bytes(bundle, path, change));
    }
}

/// Changes the decoded base64 at `path` of a document.
fn edit_bytes(document: &mut Value, path: &str, change: impl FnOnce(&mut Vec<u8>)) {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    let Some(place) = document.pointer_mut(path) else {
        return;
    };
    let text = place.as_str().unwrap_or_default();
    if let Ok(mut bytes) = STANDARD.decode(text) {
        change(&mut bytes);
        *place = Value::String(STANDARD.encode(bytes));
    }
}

/// Flips the lowest bit of the last byte: the smallest change, which leaves DER well-formed.
fn flip_last_bit(bytes: &mut Vec<u8>) {
    if let Some(last) = bytes.pop() {
        bytes.push(last ^ 1);
    }
}
