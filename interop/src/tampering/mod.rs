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

/// What a verifier is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exhibit {
    /// The file's bytes.
    pub artifact: Vec<u8>,
    /// The bundle, as text: not every attack is JSON.
    pub bundle: String,
    /// The bundle's form.
    pub format: Format,
    /// Whom the verifier trusts.
    pub trusted_root: Value,
    /// Who the verifier thinks signed.
    pub identity: String,
    /// Who the verifier thinks vouched for that.
    pub issuer: String,
}

/// Good exhibits of the same form, from which an attacker can borrow.
#[derive(Clone, Debug)]
pub struct Others {
    /// The same author's signature of another file, with that file.
    pub other_artifact: Exhibit,
    /// A stranger's signature of the same file.
    pub stranger: Exhibit,
    /// The same author's signature of the same file at a Sigstore that nobody trusts.
    pub other_sigstore: Exhibit,
}

/// One attack.
pub type Tampering = fn(&mut Exhibit, &Others);

/// Every attack by its name in `cases.toml`.
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

/// The attacks of one file, by name.
type Attacks = &'static [(&'static str, Tampering)];

const ENTRY: &str = "/verificationMaterial/tlogEntries/0";
const ENTRIES: &str = "/verificationMaterial/tlogEntries";

impl Exhibit {
    /// The bundle as a document; `null` where it is none.
    fn document(&self) -> Value {
        serde_json::from_str(&self.bundle).unwrap_or_default()
    }

    /// Changes the bundle as a document.
    fn edit(&mut self, change: impl FnOnce(&mut Value)) {
        let mut document = self.document();
        change(&mut document);
        self.bundle = document.to_string();
    }

    /// Sets what is at `path` (RFC 6901) of the bundle.
    fn set(&mut self, path: &str, value: Value) {
        self.edit(|bundle| {
            if let Some(place) = bundle.pointer_mut(path) {
                *place = value;
            }
        });
    }

    /// Removes the field `key` of the object at `path` of the bundle.
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

    /// Takes what another bundle has at `path`.
    fn borrow(&mut self, other: &Exhibit, path: &str) {
        let value = other.at(path);
        self.set(path, value);
    }

    /// What the bundle has at `path`; `null` where there is nothing.
    fn at(&self, path: &str) -> Value {
        self.document().pointer(path).cloned().unwrap_or_default()
    }

    /// Changes the base64 at `path` of the bundle as bytes.
    fn edit_bytes(&mut self, path: &str, change: impl FnOnce(&mut Vec<u8>)) {
        self.edit(|bundle| edit_bytes(bundle, path, change));
    }
}

/// Changes the base64 at `path` of a document as bytes.
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

/// Flips the lowest bit of the last byte: the smallest change there is, and one that leaves DER well formed.
fn flip_last_bit(bytes: &mut Vec<u8>) {
    if let Some(last) = bytes.pop() {
        bytes.push(last ^ 1);
    }
}
