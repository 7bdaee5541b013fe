//! Attacks on the form: bundles with two meanings, or with none.

use serde_json::{Value, json};

use super::{Attacks, Exhibit};

pub(super) const ATTACKS: Attacks = &[
    ("duplicate-key", |exhibit, others| {
        // The first of the two is the stranger's, so a reader of the first sees another signature.
        let first = others.stranger.at("/messageSignature");
        exhibit
            .bundle
            .replace_range(..1, &format!("{{\"messageSignature\":{first},"));
    }),
    ("media-type-unknown", |exhibit, _| {
        exhibit.set(
            "/mediaType",
            json!("application/vnd.dev.sigstore.bundle.v9.9+json"),
        );
    }),
    ("media-type-missing", |exhibit, _| {
        exhibit.remove("", "mediaType");
    }),
    ("two-contents", |exhibit, _| {
        let envelope = json!({
            "payload": "e30=",
            "payloadType": "application/vnd.in-toto+json",
            "signatures": [{ "sig": exhibit.at("/messageSignature/signature") }],
        });
        exhibit.add("", "dsseEnvelope", envelope);
    }),
    ("no-content", |exhibit, _| {
        exhibit.remove("", "messageSignature");
    }),
    ("unknown-field", |exhibit, _| {
        exhibit.add("", "comment", json!("harmless"));
    }),
    ("text-after-the-bundle", |exhibit, _| {
        exhibit.bundle.push_str("{}");
    }),
    ("bundle-cut-off", |exhibit, _| {
        let half = exhibit.bundle.len() / 2;
        exhibit.bundle.truncate(half);
    }),
    ("bundle-empty", |exhibit, _| exhibit.bundle.clear()),
    ("bundle-an-empty-object", |exhibit, _| {
        exhibit.bundle = "{}".to_owned();
    }),
    ("bundle-of-two-mebibytes", |exhibit, _| {
        exhibit.bundle.push_str(&" ".repeat(2 << 20));
    }),
    ("chain-in-version-0-3", |exhibit, _| {
        certificate_as_chain(exhibit);
    }),
    ("downgraded-to-0-1-without-proof", |exhibit, _| {
        certificate_as_chain(exhibit);
        exhibit.set(
            "/mediaType",
            json!("application/vnd.dev.sigstore.bundle+json;version=0.1"),
        );
        exhibit.remove(super::ENTRY, "inclusionProof");
    }),
];

/// Moves the certificate to its place before version 0.3.
fn certificate_as_chain(exhibit: &mut Exhibit) {
    exhibit.edit(|bundle| {
        let material = bundle["verificationMaterial"].as_object_mut();
        if let Some(material) = material
            && let Some(certificate) = material.remove("certificate")
        {
            let chain: Value = json!({ "certificates": [certificate] });
            material.insert("x509CertificateChain".to_owned(), chain);
        }
    });
}
