//! The test vectors of the standard that are about bundles.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test that cannot continue fails"
)]

use std::fs;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use cpan_sigstore_core::digest::Sha256Digest;
use cpan_sigstore_keyless::{
    bundle::StrictBundle,
    trust::TrustedRoot,
    verify::{Artifact, Verifier, VerifyError, VerifyOptions},
};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/spec/vectors");

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Case {
    name: String,
    section: String,
    file: String,
    content: Option<String>,
    bundle: String,
    #[serde(default)]
    change: Change,
    root: String,
    #[serde(default)]
    root_change: Change,
    finding: String,
    #[serde(rename = "cause")]
    _cause: Option<String>,
}

/// The changes of a file.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    text: Option<String>,
    #[serde(default)]
    remove: Vec<String>,
    #[serde(default)]
    set: Map<String, Value>,
    /// The length of the file, with blanks behind its text.
    pad: Option<usize>,
}

fn read(name: &str) -> Vec<u8> {
    fs::read(format!("{FOLDER}/bundles/{name}")).unwrap()
}

/// The object or list of a value, and its key there.
fn place<'a, 'b>(document: &'a mut Value, path: &'b str) -> (&'a mut Value, &'b str) {
    let (above, key) = path.rsplit_once('/').unwrap();
    (document.pointer_mut(above).unwrap(), key)
}

impl Change {
    fn apply(&self, name: &str) -> Vec<u8> {
        if let Some(text) = &self.text {
            return STANDARD.decode(text).unwrap();
        }
        if let Some(length) = self.pad {
            let mut text = read(name);
            text.resize(length, b' ');
            return text;
        }
        if self.remove.is_empty() && self.set.is_empty() {
            return read(name);
        }
        let mut document: Value = serde_json::from_slice(&read(name)).unwrap();
        for path in &self.remove {
            let (place, key) = place(&mut document, path);
            place.as_object_mut().unwrap().remove(key).unwrap();
        }
        for (path, value) in &self.set {
            match place(&mut document, path) {
                (Value::Array(items), key) => items[key.parse::<usize>().unwrap()] = value.clone(),
                (place, key) => place[key] = value.clone(),
            }
        }
        serde_json::to_vec(&document).unwrap()
    }
}

impl Case {
    fn finding(&self) -> &'static str {
        let content = self.content.as_ref();
        let content = content.map_or_else(|| read(&self.file), |it| STANDARD.decode(it).unwrap());
        let root = TrustedRoot::parse(&self.root_change.apply(&self.root), "vectors").unwrap();
        let Ok(bundle) = StrictBundle::parse(&self.change.apply(&self.bundle)) else {
            return "signature-invalid";
        };
        // A root whose keys cannot be used proves nothing either.
        let Ok(verifier) = Verifier::new(&root) else {
            return "signature-invalid";
        };
        let artifact = Artifact::Digest(Sha256Digest::of(&content));
        match verifier.verify(artifact, &bundle, VerifyOptions::default()) {
            Ok(_) => "valid",
            Err(VerifyError::Unknown(_)) => "unavailable",
            Err(_) => "signature-invalid",
        }
    }
}

#[test]
fn verifies_bundles_as_test_vectors_say() {
    // The library has the clock of this machine, and the signatures are of this day.
    let signed: Timestamp = "2026-11-28T03:00:00Z".parse().unwrap();
    let text = fs::read_to_string(format!("{FOLDER}/bundles.json")).unwrap();
    let cases: Vec<Case> = serde_json::from_str(&text).unwrap();
    assert!(cases.len() > 150);
    // By an earlier clock every signature is of the future.
    let is_early = Timestamp::now() < signed;
    let differs =
        |case: &&Case| case.finding() != case.finding && !(case.finding == "valid" && is_early);
    let differing = cases.iter().filter(differs);
    let names: Vec<_> = differing
        .map(|case| format!("{} ({})", case.name, case.section))
        .collect();
    assert_eq!(names, [""; 0]);
}
