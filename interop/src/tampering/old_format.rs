//! Attacks on cosign's old format, which relies on the log's signed promise alone.

use serde_json::json;

use super::{Attacks, flip_last_bit};

const PROMISE: &str = "/rekorBundle/SignedEntryTimestamp";
const BODY: &str = "/rekorBundle/Payload/body";

pub(super) const ATTACKS: Attacks = &[
    ("old-duplicate-key", |exhibit, others| {
        let first = others.stranger.at("/base64Signature");
        exhibit
            .bundle
            .replace_range(..1, &format!("{{\"base64Signature\":{first},"));
    }),
    ("old-promise-stripped", |exhibit, _| {
        exhibit.remove("/rekorBundle", "SignedEntryTimestamp");
    }),
    ("old-promise-flipped", |exhibit, _| {
        exhibit.edit_bytes(PROMISE, flip_last_bit);
    }),
    ("old-log-entry-stripped", |exhibit, _| {
        exhibit.remove("", "rekorBundle");
    }),
    ("old-log-entry-of-another-artifact", |exhibit, others| {
        exhibit.borrow(&others.other_artifact, "/rekorBundle");
    }),
    ("old-body-of-another-entry", |exhibit, others| {
        exhibit.borrow(&others.other_artifact, BODY);
    }),
    ("old-log-time-moved-by-a-second", |exhibit, _| {
        let path = "/rekorBundle/Payload/integratedTime";
        let time = exhibit.at(path).as_i64().unwrap_or_default();
        exhibit.set(path, json!(time.saturating_add(1)));
    }),
    ("old-log-index-raised", |exhibit, _| {
        let path = "/rekorBundle/Payload/logIndex";
        let index = exhibit.at(path).as_i64().unwrap_or_default();
        exhibit.set(path, json!(index.saturating_add(1)));
    }),
    ("old-log-id-of-another-log", |exhibit, others| {
        exhibit.borrow(&others.other_sigstore, "/rekorBundle/Payload/logID");
    }),
    ("old-certificate-stripped", |exhibit, _| {
        exhibit.remove("", "cert");
    }),
    ("old-certificate-of-a-stranger", |exhibit, others| {
        exhibit.borrow(&others.stranger, "/cert");
    }),
    ("old-certificate-by-another-authority", |exhibit, others| {
        exhibit.borrow(&others.other_sigstore, "/cert");
    }),
    ("old-signature-flipped", |exhibit, _| {
        exhibit.edit_bytes("/base64Signature", flip_last_bit);
    }),
];
