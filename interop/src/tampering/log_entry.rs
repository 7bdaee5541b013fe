//! Attacks on the log entry.

use serde_json::{Value, json};

use super::{Attacks, ENTRIES, ENTRY, Exhibit, edit_bytes, flip_last_bit};

const PROOF: &str = "/verificationMaterial/tlogEntries/0/inclusionProof";
const CHECKPOINT: &str = "/verificationMaterial/tlogEntries/0/inclusionProof/checkpoint/envelope";
const BODY: &str = "/verificationMaterial/tlogEntries/0/canonicalizedBody";
const PROMISE: &str = "/verificationMaterial/tlogEntries/0/inclusionPromise/signedEntryTimestamp";

pub(super) const ATTACKS: Attacks = &[
    ("no-log-entry", |exhibit, _| exhibit.set(ENTRIES, json!([]))),
    ("log-entry-twice", |exhibit, _| {
        let entry = exhibit.at(ENTRY);
        exhibit.set(ENTRIES, json!([entry, entry]));
    }),
    ("log-entry-forty-times", |exhibit, _| {
        let entry = exhibit.at(ENTRY);
        exhibit.set(ENTRIES, Value::Array(vec![entry; 40]));
    }),
    ("log-entry-of-another-artifact", |exhibit, others| {
        exhibit.borrow(&others.other_artifact, ENTRY);
    }),
    ("log-entry-of-another-log", |exhibit, others| {
        exhibit.borrow(&others.other_sigstore, ENTRY);
    }),
    ("body-of-another-entry", |exhibit, others| {
        exhibit.borrow(&others.other_artifact, BODY);
    }),
    ("kind-of-another-entry", |exhibit, _| {
        let kind = json!({ "kind": "dsse", "version": "0.0.1" });
        exhibit.set(&format!("{ENTRY}/kindVersion"), kind);
    }),
    ("inclusion-proof-stripped", |exhibit, _| {
        exhibit.remove(ENTRY, "inclusionProof");
    }),
    ("inclusion-proof-of-another-entry", |exhibit, others| {
        exhibit.borrow(&others.other_artifact, PROOF);
    }),
    ("inclusion-proof-hash-flipped", |exhibit, _| {
        exhibit.edit_bytes(&format!("{PROOF}/hashes/0"), flip_last_bit);
    }),
    ("inclusion-proof-hashes-dropped", |exhibit, _| {
        exhibit.set(&format!("{PROOF}/hashes"), json!([]));
    }),
    ("root-hash-flipped", |exhibit, _| {
        exhibit.edit_bytes(&format!("{PROOF}/rootHash"), flip_last_bit);
    }),
    ("tree-size-raised", |exhibit, _| {
        raise(exhibit, &format!("{PROOF}/treeSize"));
    }),
    ("log-index-raised", |exhibit, _| {
        raise(exhibit, &format!("{ENTRY}/logIndex"));
    }),
    ("proof-index-raised", |exhibit, _| {
        raise(exhibit, &format!("{PROOF}/logIndex"));
    }),
    ("checkpoint-missing", |exhibit, _| {
        exhibit.remove(PROOF, "checkpoint");
    }),
    ("checkpoint-of-another-log", |exhibit, others| {
        exhibit.borrow(&others.other_sigstore, CHECKPOINT);
    }),
    ("checkpoint-signature-flipped", |exhibit, _| {
        change_checkpoint(exhibit, flip_last_bit);
    }),
    ("checkpoint-signature-dropped", |exhibit, _| {
        edit_text(exhibit, CHECKPOINT, |note| {
            note.split("\n\n").next().map(|text| format!("{text}\n\n"))
        });
    }),
    ("checkpoint-origin-renamed", |exhibit, _| {
        edit_text(exhibit, CHECKPOINT, |note| {
            let (_, rest) = note.split_once('\n')?;
            Some(format!("log.example.org\n{rest}"))
        });
    }),
    ("log-id-of-another-log", |exhibit, others| {
        exhibit.borrow(&others.other_sigstore, &format!("{ENTRY}/logId/keyId"));
    }),
    ("promise-stripped", |exhibit, _| {
        exhibit.remove(ENTRY, "inclusionPromise");
    }),
    ("promise-flipped", |exhibit, _| {
        exhibit.edit_bytes(PROMISE, flip_last_bit);
    }),
    ("promise-of-another-entry", |exhibit, others| {
        exhibit.borrow(&others.other_artifact, PROMISE);
    }),
    ("promise-added", |exhibit, _| {
        let promise = json!({ "signedEntryTimestamp": exhibit.at("/messageSignature/signature") });
        exhibit.add(ENTRY, "inclusionPromise", promise);
    }),
    ("log-time-moved-by-a-second", |exhibit, _| {
        raise(exhibit, &format!("{ENTRY}/integratedTime"));
    }),
    ("log-time-added", |exhibit, _| {
        exhibit.add(ENTRY, "integratedTime", json!("1700000000"));
    }),
];

/// Adds one to a number, which protobuf's JSON writes as text.
fn raise(exhibit: &mut Exhibit, path: &str) {
    let number = exhibit
        .at(path)
        .as_str()
        .and_then(|text| text.parse::<i64>().ok());
    exhibit.set(
        path,
        json!(number.unwrap_or_default().saturating_add(1).to_string()),
    );
}

fn edit_text(exhibit: &mut Exhibit, path: &str, change: impl FnOnce(&str) -> Option<String>) {
    let text = exhibit.at(path);
    if let Some(changed) = text.as_str().and_then(change) {
        exhibit.set(path, json!(changed));
    }
}

/// Changes the signature in the checkpoint's first signature line (C2SP signed-note).
fn change_checkpoint(exhibit: &mut Exhibit, change: impl FnOnce(&mut Vec<u8>)) {
    edit_text(exhibit, CHECKPOINT, |note| {
        let (text, signatures) = note.split_once("\n\n")?;
        let (name, base64) = signatures.trim_end().rsplit_once(' ')?;
        let mut signature = json!(base64);
        edit_bytes(&mut signature, "", change);
        Some(format!("{text}\n\n{name} {}\n", signature.as_str()?))
    });
}
