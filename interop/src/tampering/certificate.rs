//! Attacks on the certificate.

use serde_json::json;

use super::{Attacks, flip_last_bit};

const CERTIFICATE: &str = "/verificationMaterial/certificate/rawBytes";

pub(super) const ATTACKS: Attacks = &[
    ("certificate-of-a-stranger", |exhibit, others| {
        exhibit.borrow(&others.stranger, CERTIFICATE);
    }),
    ("certificate-of-the-same-author", |exhibit, others| {
        exhibit.borrow(&others.other_artifact, CERTIFICATE);
    }),
    ("certificate-by-another-authority", |exhibit, others| {
        exhibit.borrow(&others.other_sigstore, CERTIFICATE);
    }),
    ("certificate-signature-flipped", |exhibit, _| {
        exhibit.edit_bytes(CERTIFICATE, flip_last_bit);
    }),
    ("certificate-cut-off", |exhibit, _| {
        exhibit.edit_bytes(CERTIFICATE, |der| der.truncate(der.len() / 2));
    }),
    ("certificate-stripped", |exhibit, _| {
        exhibit.remove("/verificationMaterial", "certificate");
    }),
    ("key-instead-of-certificate", |exhibit, _| {
        exhibit.remove("/verificationMaterial", "certificate");
        exhibit.add(
            "/verificationMaterial",
            "publicKey",
            json!({ "hint": "key" }),
        );
    }),
    ("key-beside-certificate", |exhibit, _| {
        exhibit.add(
            "/verificationMaterial",
            "publicKey",
            json!({ "hint": "key" }),
        );
    }),
];
