use proptest::prelude::*;
use serde_json::json;

use super::*;

/// A bundle with the right shape. Nothing in it would verify.
fn bundle() -> Value {
    let root = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let body = r#"{"apiVersion":"0.0.2","kind":"hashedrekord","spec":{}}"#;
    json!({
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {
            "certificate": { "rawBytes": "MAA=" },
            "tlogEntries": [{
                "logIndex": "1",
                "logId": { "keyId": root },
                "kindVersion": { "kind": "hashedrekord", "version": "0.0.2" },
                "inclusionProof": {
                    "logIndex": "1",
                    "rootHash": root,
                    "treeSize": "2",
                    "hashes": [root],
                    "checkpoint": { "envelope": format!("log.test\n2\n{root}\n\n— log.test AAAAAAAA\n") },
                },
                "canonicalizedBody": base64::Engine::encode(&base64::engine::general_purpose::STANDARD, body),
            }],
            "timestampVerificationData": { "rfc3161Timestamps": [{ "signedTimestamp": "MAA=" }] },
        },
        "messageSignature": {
            "messageDigest": { "algorithm": "SHA2_256", "digest": root },
            "signature": "MAA=",
        },
    })
}

fn cause(value: &Value) -> Option<Cause> {
    StrictBundle::parse(value.to_string().as_bytes())
        .err()
        .map(|refused| refused.cause)
}

fn changed(pointer: &str, to: Value) -> Option<Cause> {
    let mut value = bundle();
    *value.pointer_mut(pointer).unwrap() = to;
    cause(&value)
}

fn with(pointer: &str, key: &str, value: Value) -> Option<Cause> {
    let mut bundle = bundle();
    bundle
        .pointer_mut(pointer)
        .unwrap()
        .as_object_mut()
        .unwrap()
        .insert(key.into(), value);
    cause(&bundle)
}

fn without(pointer: &str, key: &str) -> Option<Cause> {
    let mut bundle = bundle();
    bundle
        .pointer_mut(pointer)
        .unwrap()
        .as_object_mut()
        .unwrap()
        .remove(key)
        .unwrap();
    cause(&bundle)
}

const ENTRY: &str = "/verificationMaterial/tlogEntries/0";

#[test]
fn reads_a_bundle_with_the_right_shape() {
    let bundle = StrictBundle::parse(bundle().to_string().as_bytes()).unwrap();
    assert_eq!(bundle.format(), Format::V03);
}

#[test]
fn limits_sizes_and_counts_in_a_bundle() {
    let long = vec![b' '; SIZE_LIMIT + 1];
    assert_eq!(
        StrictBundle::parse(&long).unwrap_err().cause,
        Cause::BundleTooLarge
    );
    let many = |pointer: &str, count: usize| {
        let item = bundle().pointer(pointer).unwrap()[0].clone();
        changed(pointer, vec![item; count].into())
    };
    assert_eq!(
        many("/verificationMaterial/tlogEntries", 5),
        Some(Cause::BundleExcess)
    );
    assert_eq!(
        many(
            "/verificationMaterial/timestampVerificationData/rfc3161Timestamps",
            5
        ),
        Some(Cause::BundleExcess)
    );
    assert_eq!(
        many(&format!("{ENTRY}/inclusionProof/hashes"), 64),
        Some(Cause::BundleExcess)
    );
    assert_eq!(
        many(
            "/verificationMaterial/timestampVerificationData/rfc3161Timestamps",
            2
        ),
        None
    );
}

#[test]
fn rejects_a_repeated_log_entry() {
    let entry = bundle().pointer(ENTRY).unwrap().clone();
    assert_eq!(
        changed(
            "/verificationMaterial/tlogEntries",
            json!([entry.clone(), entry])
        ),
        Some(Cause::BundleExcess)
    );
    let mut other = entry.clone();
    other["logId"]["keyId"] = json!("b3RoZXI=");
    assert_eq!(
        changed("/verificationMaterial/tlogEntries", json!([entry, other])),
        None
    );
}

#[test]
fn rejects_repeated_keys_at_every_depth_of_a_bundle() {
    let text = bundle().to_string();
    for key in ["\"mediaType\":", "\"keyId\":", "\"digest\":"] {
        let doubled = text.replacen(key, &format!("{key}\"x\",{key}"), 1);
        assert_ne!(doubled, text);
        let refused = StrictBundle::parse(doubled.as_bytes()).unwrap_err();
        assert_eq!(refused.cause, Cause::BundleDuplicateKey, "{key}");
    }
}

#[test]
fn rejects_two_contents_keys_or_signatures() {
    let envelope = json!({
        "payload": base64::Engine::encode(
            &base64::engine::general_purpose::STANDARD,
            r#"{"_type":"https://in-toto.io/Statement/v1","subject":[]}"#,
        ),
        "payloadType": "application/vnd.in-toto+json",
        "signatures": [{ "sig": "MAA=" }],
    });
    assert_eq!(
        with("", "dsseEnvelope", envelope.clone()),
        Some(Cause::BundleAmbiguous)
    );
    assert_eq!(
        with("/verificationMaterial", "publicKey", json!({ "hint": "" })),
        Some(Cause::BundleAmbiguous)
    );
    let mut two = bundle();
    let map = two.as_object_mut().unwrap();
    map.remove("messageSignature");
    map.insert("dsseEnvelope".into(), envelope);
    assert_eq!(cause(&two), None);
    two["dsseEnvelope"]["signatures"] = json!([{ "sig": "MAA=" }, { "sig": "MAA=" }]);
    assert_eq!(cause(&two), Some(Cause::BundleAmbiguous));
    let mut other = two.clone();
    other["dsseEnvelope"]["payloadType"] = "text/plain".into();
    other["dsseEnvelope"]["signatures"] = json!([{ "sig": "MAA=" }]);
    assert_eq!(cause(&other), Some(Cause::Unsupported));
    two["dsseEnvelope"]["signatures"] = json!([]);
    assert_eq!(cause(&two), Some(Cause::BundleAmbiguous));
}

#[test]
fn rejects_unknown_bundle_media_types() {
    assert_eq!(without("", "mediaType"), Some(Cause::BundleMediaType));
    for text in [
        "",
        "application/json",
        "application/vnd.dev.sigstore.bundle.v0.4+json",
    ] {
        assert_eq!(
            changed("/mediaType", text.into()),
            Some(Cause::BundleMediaType)
        );
    }
    // Only the older formats have a certificate chain.
    assert_eq!(
        changed("/mediaType", MediaType::Bundle0_1.as_str().into()),
        Some(Cause::BundleMalformed)
    );
}

#[test]
fn rejects_unknown_and_missing_bundle_fields() {
    assert_eq!(
        with("", "media_type", "x".into()),
        Some(Cause::BundleMalformed)
    );
    assert_eq!(
        with(ENTRY, "log_index", "2".into()),
        Some(Cause::BundleMalformed)
    );
    assert_eq!(
        without("", "messageSignature"),
        Some(Cause::BundleMalformed)
    );
    assert_eq!(
        without("/verificationMaterial", "certificate"),
        Some(Cause::BundleMalformed)
    );
    assert_eq!(
        without(ENTRY, "inclusionProof"),
        Some(Cause::InclusionProofMissing)
    );
    assert_eq!(
        without(&format!("{ENTRY}/inclusionProof"), "checkpoint"),
        Some(Cause::CheckpointInvalid)
    );
}

#[test]
fn rejects_numbers_in_another_form() {
    for field in ["logIndex", "inclusionProof/logIndex"] {
        let pointer = format!("{ENTRY}/{field}");
        assert_eq!(changed(&pointer, json!(1)), None);
        for other in [
            json!("01"),
            json!("+1"),
            json!(" 1"),
            json!("1.0"),
            json!(1.5),
            json!(-1),
            json!(null),
            json!(""),
        ] {
            let found = changed(&pointer, other.clone());
            assert_eq!(found, Some(Cause::BundleMalformed), "{field} {other}");
        }
    }
    let size = format!("{ENTRY}/inclusionProof/treeSize");
    assert_eq!(changed(&size, json!("02")), Some(Cause::BundleMalformed));
}

#[test]
fn rejects_contradictory_bundle_fields() {
    let other = "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    for (field, to) in [
        ("inclusionProof/logIndex", json!("0")),
        ("inclusionProof/treeSize", json!("3")),
        ("inclusionProof/rootHash", json!(other)),
        ("kindVersion", json!({ "kind": "dsse", "version": "0.0.1" })),
    ] {
        assert_eq!(
            changed(&format!("{ENTRY}/{field}"), to),
            Some(Cause::BundleContradictory),
            "{field}"
        );
    }
    assert_eq!(
        with(ENTRY, "integratedTime", "1700000000".into()),
        Some(Cause::BundleContradictory)
    );
}

/// The blob format, as `cosign sign-blob --bundle` of cosign 2 writes it.
fn old_bundle() -> Value {
    let body = r#"{"apiVersion":"0.0.1","kind":"hashedrekord","spec":{}}"#;
    json!({
        "base64Signature": "MAA=",
        "rekorBundle": {
            "SignedEntryTimestamp": "MAA=",
            "Payload": {
                "body": base64::Engine::encode(&base64::engine::general_purpose::STANDARD, body),
                "integratedTime": 1_700_000_000,
                "logIndex": 7,
                "logID": "00".repeat(32),
            },
        },
    })
}

#[test]
fn reads_the_old_bundle_format_as_strictly() {
    let text = old_bundle().to_string();
    let bundle = StrictBundle::parse(text.as_bytes()).unwrap();
    assert_eq!(bundle.format(), Format::CosignOld);
    assert!(
        bundle.bundle.verification_material.tlog_entries[0]
            .inclusion_proof
            .is_none()
    );

    let mut more = old_bundle();
    more["mediaType"] = MediaType::Bundle0_1.as_str().into();
    assert_eq!(cause(&more), Some(Cause::BundleMalformed));
    let mut more = old_bundle();
    more["rekorBundle"]["Payload"]["more"] = 1.into();
    assert_eq!(cause(&more), Some(Cause::BundleMalformed));
    let mut less = old_bundle();
    less["rekorBundle"] = Value::Null;
    assert_eq!(cause(&less), Some(Cause::InclusionProofMissing));
}

proptest! {
    #[test]
    fn reads_or_rejects_any_bytes_as_a_bundle(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = StrictBundle::parse(&bytes);
    }

    #[test]
    fn never_gives_a_changed_bundle_a_second_meaning(index in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut text = bundle().to_string().into_bytes();
        let at = index.index(text.len());
        text[at] = byte;
        if let Ok(strict) = StrictBundle::parse(&text) {
            // The library must accept it, too, as the same bundle.
            let lenient = Bundle::from_json(std::str::from_utf8(&text).unwrap()).unwrap();
            prop_assert_eq!(strict.bundle, lenient);
        }
    }
}
