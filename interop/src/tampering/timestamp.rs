//! Attacks on the timestamp.

use serde_json::{Value, json};

use super::{Attacks, Exhibit, flip_last_bit};

const TIMESTAMPS: &str = "/verificationMaterial/timestampVerificationData/rfc3161Timestamps";
const TIMESTAMP: &str =
    "/verificationMaterial/timestampVerificationData/rfc3161Timestamps/0/signedTimestamp";

pub(super) const ATTACKS: Attacks = &[
    ("timestamp-stripped", |exhibit, _| {
        exhibit.remove("/verificationMaterial", "timestampVerificationData");
    }),
    ("timestamp-of-another-signature", |exhibit, others| {
        exhibit.borrow(&others.other_artifact, TIMESTAMP);
    }),
    ("timestamp-by-another-authority", |exhibit, others| {
        exhibit.borrow(&others.other_sigstore, TIMESTAMP);
    }),
    ("timestamp-flipped", |exhibit, _| {
        exhibit.edit_bytes(TIMESTAMP, flip_last_bit);
    }),
    ("timestamp-no-der", |exhibit, _| {
        exhibit.set(TIMESTAMP, json!("bm90IERFUg=="));
    }),
    ("timestamp-twice", |exhibit, _| repeat(exhibit, 2)),
    ("timestamp-forty-times", |exhibit, _| repeat(exhibit, 40)),
];

fn repeat(exhibit: &mut Exhibit, times: usize) {
    let timestamp = json!({ "signedTimestamp": exhibit.at(TIMESTAMP) });
    exhibit.set(TIMESTAMPS, Value::Array(vec![timestamp; times]));
}
