//! Changes of the trusted root instead of the bundle: a valid signature at one Sigstore proves
//! nothing to a verifier that trusts another.

use serde_json::{Value, json};

use super::{Attacks, Exhibit};

pub(super) const ATTACKS: Attacks = &[
    ("another-sigstore-trusted", |exhibit, others| {
        exhibit.trusted_root = others.other_sigstore.trusted_root.clone();
    }),
    ("no-log-trusted", |exhibit, _| {
        exhibit.trusted_root["tlogs"] = json!([]);
    }),
    ("another-log-trusted", |exhibit, others| {
        trust_other(exhibit, &others.other_sigstore, "tlogs");
    }),
    ("log-with-another-key", |exhibit, others| {
        other_keys(exhibit, &others.other_sigstore, "tlogs");
    }),
    ("log-not-trusted-any-more", |exhibit, _| {
        each(exhibit, "tlogs", |log| end(&mut log["publicKey"]));
    }),
    ("log-at-another-address", |exhibit, _| {
        each(exhibit, "tlogs", |log| {
            log["baseUrl"] = json!("https://log.example.org");
        });
    }),
    ("another-authority-trusted", |exhibit, others| {
        trust_other(exhibit, &others.other_sigstore, "certificateAuthorities");
    }),
    ("authority-not-trusted-any-more", |exhibit, _| {
        each(exhibit, "certificateAuthorities", end);
    }),
    ("authority-not-trusted-yet", |exhibit, _| {
        each(exhibit, "certificateAuthorities", not_yet);
    }),
    ("no-certificate-log-trusted", |exhibit, _| {
        exhibit.trusted_root["ctlogs"] = json!([]);
    }),
    ("certificate-log-with-another-key", |exhibit, others| {
        other_keys(exhibit, &others.other_sigstore, "ctlogs");
    }),
    ("another-timestamp-authority-trusted", |exhibit, others| {
        trust_other(exhibit, &others.other_sigstore, "timestampAuthorities");
    }),
    ("timestamp-authority-not-trusted-any-more", |exhibit, _| {
        each(exhibit, "timestampAuthorities", end);
    }),
    ("timestamp-authority-not-trusted-yet", |exhibit, _| {
        each(exhibit, "timestampAuthorities", not_yet);
    }),
];

fn trust_other(exhibit: &mut Exhibit, other: &Exhibit, list: &str) {
    exhibit.trusted_root[list] = other.trusted_root[list].clone();
}

/// Keeps names and ids and replaces the keys with another Sigstore's.
fn other_keys(exhibit: &mut Exhibit, other: &Exhibit, list: &str) {
    let keys: Vec<Value> = entries(&other.trusted_root, list)
        .map(|log| log["publicKey"]["rawBytes"].clone())
        .collect();
    let mut keys = keys.into_iter();
    each(exhibit, list, |log| {
        if let Some(key) = keys.next() {
            log["publicKey"]["rawBytes"] = key;
        }
    });
}

/// Ends the validity long before any signature.
fn end(holder: &mut Value) {
    holder["validFor"] = json!({
        "start": "2020-01-01T00:00:00Z",
        "end": "2021-01-01T00:00:00Z",
    });
}

/// Starts the validity long after every signature.
fn not_yet(holder: &mut Value) {
    holder["validFor"] = json!({ "start": "2100-01-01T00:00:00Z" });
}

fn each(exhibit: &mut Exhibit, list: &str, change: impl FnMut(&mut Value)) {
    let entries = exhibit.trusted_root[list].as_array_mut();
    entries.into_iter().flatten().for_each(change);
}

fn entries<'a>(root: &'a Value, list: &str) -> impl Iterator<Item = &'a Value> {
    root[list].as_array().into_iter().flatten()
}
