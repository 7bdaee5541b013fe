//! Both versions of the transparency log.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use cpan_sigstore_sandbox::RekorMisbehaviour as Wrong;
use p256::ecdsa::VerifyingKey;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::harness::{ARTIFACT, Client, decode, leaf_hash, node_hash, verifies};

const V1: &str = "/api/v1/log/entries";
const V2: &str = "/api/v2/log/entries";

impl Client {
    fn hashed_rekord_v1(&self, artifact: &[u8]) -> Value {
        json!({
            "apiVersion": "0.0.1",
            "kind": "hashedrekord",
            "spec": {
                "data": { "hash": { "algorithm": "sha256", "value": hex::encode(Sha256::digest(artifact)) } },
                "signature": {
                    "content": BASE64.encode(self.sign(artifact)),
                    "publicKey": { "content": BASE64.encode(self.public_key_pem()) },
                },
            },
        })
    }

    fn hashed_rekord_v2(&self, artifact: &[u8]) -> Value {
        json!({ "hashedRekordRequestV002": {
            "digest": BASE64.encode(Sha256::digest(artifact)),
            "signature": { "content": BASE64.encode(self.sign(artifact)), "verifier": self.verifier() },
        }})
    }

    fn verifier(&self) -> Value {
        json!({
            "keyDetails": "PKIX_ECDSA_P256_SHA_256",
            "publicKey": { "rawBytes": BASE64.encode(self.public_key_der()) },
        })
    }

    fn envelope(&self, payload: &[u8]) -> Value {
        let message = [format!("DSSEv1 1 t {} ", payload.len()).as_bytes(), payload].concat();
        json!({
            "payload": BASE64.encode(payload),
            "payloadType": "t",
            "signatures": [{ "sig": BASE64.encode(self.sign(&message)), "keyid": "" }],
        })
    }

    async fn log_v1(&self, body: &Value) -> (String, Value) {
        let (status, answer) = self.post(&self.sandbox.services.rekor_v1, V1, body).await;
        assert_eq!(status, 201, "{answer}");
        let (id, entry) = answer.as_object().unwrap().iter().next().unwrap();
        (id.clone(), entry.clone())
    }

    async fn log_v2(&self, body: &Value) -> Value {
        let (status, answer) = self.post(&self.sandbox.services.rekor_v2, V2, body).await;
        assert_eq!(status, 201, "{answer}");
        answer
    }
}

/// Returns size and root of a checkpoint, after checking its signature with `key`.
fn open_checkpoint(note: &str, key: &VerifyingKey) -> Option<(String, usize, Vec<u8>)> {
    let (text, signature) = note.split_once("\n\n")?;
    let signature = BASE64
        .decode(signature.trim_end().rsplit(' ').next()?)
        .ok()?;
    if !verifies(key, format!("{text}\n").as_bytes(), &signature[4..]) {
        return None;
    }
    let mut lines = text.lines();
    let origin = lines.next()?.to_owned();
    Some((
        origin,
        lines.next()?.parse().ok()?,
        BASE64.decode(lines.next()?).ok()?,
    ))
}

/// Returns the root of a tree of two in which `leaf` is at `index` with this sibling.
fn root_of_two(leaf: &[u8], index: usize, sibling: &[u8]) -> [u8; 32] {
    match index {
        0 => node_hash(&leaf_hash(leaf), sibling),
        _ => node_hash(sibling, &leaf_hash(leaf)),
    }
}

#[tokio::test]
async fn promises_and_proves_an_entry_of_version_1() {
    let client = Client::new();
    let key = client.trusted_key("/tlogs/0");
    client.log_v1(&client.hashed_rekord_v1(b"before")).await;
    let (id, entry) = client.log_v1(&client.hashed_rekord_v1(ARTIFACT)).await;

    // RFC 8785, by hand.
    let promised = format!(
        r#"{{"body":{},"integratedTime":{},"logID":{},"logIndex":1}}"#,
        entry["body"], entry["integratedTime"], entry["logID"],
    );
    let verification = &entry["verification"];
    assert!(verifies(
        &key,
        promised.as_bytes(),
        &decode(&verification["signedEntryTimestamp"])
    ));

    let body = decode(&entry["body"]);
    let digest = hex::encode(Sha256::digest(ARTIFACT));
    let start = format!(
        r#"{{"apiVersion":"0.0.1","kind":"hashedrekord","spec":{{"data":{{"hash":{{"algorithm":"sha256","value":"{digest}"}}}},"signature":{{"content":""#
    );
    assert!(
        body.starts_with(start.as_bytes()),
        "{}",
        String::from_utf8_lossy(&body)
    );

    let proof = &verification["inclusionProof"];
    let (origin, size, root) =
        open_checkpoint(proof["checkpoint"].as_str().unwrap(), &key).unwrap();
    assert!(origin.starts_with("127.0.0.1 - "), "{origin}");
    assert_eq!(size, 2);
    let sibling = hex::decode(proof["hashes"][0].as_str().unwrap()).unwrap();
    assert_eq!(root, root_of_two(&body, 1, &sibling));

    let log = &client.sandbox.services.rekor_v1;
    for path in [
        format!("{V1}/{id}"),
        format!("{V1}/{}", &id[16..]),
        format!("{V1}?logIndex=1"),
    ] {
        assert_eq!(
            client.get_json(log, &path).await[&id]["body"],
            entry["body"],
            "{path}"
        );
    }
    let (_, found) = client
        .post(
            log,
            "/api/v1/index/retrieve",
            &json!({ "hash": format!("sha256:{digest}") }),
        )
        .await;
    assert_eq!(found, json!([id]));
}

#[tokio::test]
async fn reports_the_position_of_a_repeated_entry() {
    let client = Client::new();
    let v1 = client.hashed_rekord_v1(ARTIFACT);
    let (id, _) = client.log_v1(&v1).await;
    let url = format!("{}{V1}", client.sandbox.services.rekor_v1.url());
    let answer = client.http().post(&url).json(&v1).send().await.unwrap();
    assert_eq!(answer.status(), 409);
    assert_eq!(
        answer.headers()["location"].to_str().unwrap(),
        format!("{V1}/{id}")
    );

    let v2 = client.hashed_rekord_v2(ARTIFACT);
    client.log_v2(&v2).await;
    let url = format!("{}{V2}", client.sandbox.services.rekor_v2.url());
    let answer = client.http().post(&url).json(&v2).send().await.unwrap();
    assert_eq!(answer.status(), 409);
    assert_eq!(answer.headers()["x-log-index"], "0");
}

#[tokio::test]
async fn rejects_entries_not_signed_by_their_key() {
    let client = Client::new();
    let stranger = Client::new();
    let services = &client.sandbox.services;
    let mut v1 = client.hashed_rekord_v1(ARTIFACT);
    v1["spec"]["signature"]["content"] = BASE64.encode(stranger.sign(ARTIFACT)).into();
    let mut v2 = client.hashed_rekord_v2(ARTIFACT);
    v2["hashedRekordRequestV002"]["digest"] = BASE64.encode(Sha256::digest(b"other")).into();
    let dsse_v1 = json!({ "apiVersion": "0.0.1", "kind": "dsse", "spec": { "proposedContent": {
        "envelope": stranger.envelope(ARTIFACT).to_string(),
        "verifiers": [BASE64.encode(client.public_key_pem())],
    }}});
    let dsse_v2 = json!({ "dsseRequestV002": {
        "envelope": stranger.envelope(ARTIFACT),
        "verifiers": [client.verifier()],
    }});
    for (service, path, body) in [
        (&services.rekor_v1, V1, v1),
        (&services.rekor_v2, V2, v2),
        (&services.rekor_v1, V1, dsse_v1),
        (&services.rekor_v2, V2, dsse_v2),
    ] {
        let (status, answer) = client.post(service, path, &body).await;
        assert_eq!(status, 400, "{body}: {answer}");
    }
    assert!(client.sandbox.rekor_v1.entries().is_empty());
    assert!(client.sandbox.rekor_v2.entries().is_empty());
}

#[tokio::test]
async fn logs_an_envelope_by_its_digests() {
    let client = Client::new();
    let envelope = client.envelope(b"a statement");
    let (_, v1) = client
        .log_v1(
            &json!({ "apiVersion": "0.0.1", "kind": "dsse", "spec": { "proposedContent": {
                "envelope": envelope.to_string(),
                "verifiers": [BASE64.encode(client.public_key_pem())],
            }}}),
        )
        .await;
    let body: Value = serde_json::from_slice(&decode(&v1["body"])).unwrap();
    let payload = Sha256::digest(b"a statement");
    let spec = &body["spec"];
    assert_eq!(spec["payloadHash"]["value"], hex::encode(payload));
    assert_eq!(
        spec["envelopeHash"]["value"],
        hex::encode(Sha256::digest(envelope.to_string()))
    );
    assert_eq!(
        spec["signatures"][0]["signature"],
        envelope["signatures"][0]["sig"]
    );

    let v2 = client
        .log_v2(&json!({ "dsseRequestV002": { "envelope": envelope, "verifiers": [client.verifier()] }}))
        .await;
    assert_eq!(
        v2["kindVersion"],
        json!({ "kind": "dsse", "version": "0.0.2" })
    );
    let body: Value = serde_json::from_slice(&decode(&v2["canonicalizedBody"])).unwrap();
    let spec = &body["spec"]["dsseV002"];
    assert_eq!(spec["payloadHash"]["digest"], BASE64.encode(payload));
    assert_eq!(spec["signatures"][0]["verifier"], client.verifier());
}

#[tokio::test]
async fn proves_an_entry_of_version_2_and_serves_tiles() {
    let client = Client::new();
    let log = &client.sandbox.services.rekor_v2;
    let key = client.trusted_key("/tlogs/1");
    client.log_v2(&client.hashed_rekord_v2(b"before")).await;
    let entry = client.log_v2(&client.hashed_rekord_v2(ARTIFACT)).await;

    let body = decode(&entry["canonicalizedBody"]);
    assert!(
        body.starts_with(br#"{"apiVersion":"0.0.2","kind":"hashedrekord","spec":{"hashedRekordV002":{"data":{"algorithm":"SHA2_256","digest":""#),
        "{}", String::from_utf8_lossy(&body)
    );
    let proof = &entry["inclusionProof"];
    let note = proof["checkpoint"]["envelope"].as_str().unwrap();
    let (origin, size, root) = open_checkpoint(note, &key).unwrap();
    assert_eq!((origin.as_str(), size), ("127.0.0.1", 2));
    assert_eq!(root, root_of_two(&body, 1, &decode(&proof["hashes"][0])));

    let (_, current) = client.get(log, "/api/v2/checkpoint").await;
    let current = String::from_utf8(current).unwrap();
    assert_eq!(open_checkpoint(&current, &key).unwrap().2, root);
    let (status, tile) = client.get(log, "/api/v2/tile/0/000.p/2").await;
    assert_eq!(status, 200);
    assert_eq!(tile[32..], leaf_hash(&body));
    assert_eq!(node_hash(&tile[..32], &tile[32..])[..], root);
    let (status, bundle) = client.get(log, "/api/v2/tile/entries/000.p/2").await;
    assert_eq!(status, 200);
    assert!(bundle.ends_with(&body));
    let (status, _) = client.get(log, "/api/v2/tile/0/000").await;
    assert_eq!(status, 404);
}

/// Returns the faults that a careful client finds in an entry of version 2.
fn faults_of(client: &Client, entry: &Value, key: &VerifyingKey) -> Vec<&'static str> {
    let mut faults = Vec::new();
    let body = decode(&entry["canonicalizedBody"]);
    let contents: Value = serde_json::from_slice(&body).unwrap();
    let logged = &contents["spec"]["hashedRekordV002"];
    if decode(&logged["data"]["digest"]) != Sha256::digest(ARTIFACT).as_slice() {
        faults.push("artifact");
    }
    if !verifies(
        client.key.verifying_key(),
        ARTIFACT,
        &decode(&logged["signature"]["content"]),
    ) {
        faults.push("signature");
    }
    if logged["signature"]["verifier"] != client.verifier() {
        faults.push("verifier");
    }
    let spki = p256::pkcs8::EncodePublicKey::to_public_key_der(key).unwrap();
    if decode(&entry["logId"]["keyId"]) != Sha256::digest(spki.as_bytes()).as_slice() {
        faults.push("log id");
    }
    let proof = &entry["inclusionProof"];
    if proof.is_null() {
        faults.push("no proof");
        return faults;
    }
    let Some(note) = proof["checkpoint"]["envelope"].as_str() else {
        faults.push("no checkpoint");
        return faults;
    };
    let Some((origin, size, root)) = open_checkpoint(note, key) else {
        faults.push("checkpoint signature");
        return faults;
    };
    if origin != "127.0.0.1" {
        faults.push("origin");
    }
    let index: usize = entry["logIndex"].as_str().unwrap().parse().unwrap();
    if size <= index {
        faults.push("stale");
    } else if root != root_of_two(&body, index, &decode(&proof["hashes"][0])) {
        faults.push("root");
    }
    faults
}

#[tokio::test]
async fn causes_one_fault_of_an_entry_by_each_log_misbehaviour() {
    for (wrong, fault) in [
        (None, None),
        (Some(Wrong::OtherKey), Some("checkpoint signature")),
        (Some(Wrong::StaleCheckpoint), Some("stale")),
        (Some(Wrong::NoProof), Some("no proof")),
        (Some(Wrong::NoCheckpoint), Some("no checkpoint")),
        (Some(Wrong::ProofOfOtherEntry), Some("root")),
        (Some(Wrong::WrongRoot), Some("root")),
        (Some(Wrong::OtherArtifact), Some("artifact")),
        (Some(Wrong::OtherSignature), Some("signature")),
        (Some(Wrong::OtherVerifier), Some("verifier")),
        (Some(Wrong::OtherLogId), Some("log id")),
        (Some(Wrong::OtherOrigin), Some("origin")),
    ] {
        let client = Client::new();
        let key = client.trusted_key("/tlogs/1");
        // This misbehaviour adds a neighbour, so the tree is no longer of size one.
        if wrong != Some(Wrong::ProofOfOtherEntry) {
            client.log_v2(&client.hashed_rekord_v2(b"before")).await;
        }
        if let Some(wrong) = wrong {
            client.sandbox.rekor_v2.misbehaviour().set(wrong);
        }
        let entry = client.log_v2(&client.hashed_rekord_v2(ARTIFACT)).await;
        let expected: Vec<&str> = fault.into_iter().collect();
        assert_eq!(
            faults_of(&client, &entry, &key),
            expected,
            "{wrong:?}: {entry}"
        );
    }
}

#[tokio::test]
async fn omits_or_forges_the_promise_of_version_1() {
    let client = Client::new();
    let key = client.trusted_key("/tlogs/0");
    let misbehaviour = client.sandbox.rekor_v1.misbehaviour();
    misbehaviour.set(Wrong::NoPromise);
    let (_, entry) = client.log_v1(&client.hashed_rekord_v1(ARTIFACT)).await;
    assert!(entry["verification"]["signedEntryTimestamp"].is_null());
    assert!(entry["verification"]["inclusionProof"].is_object());

    misbehaviour.set(Wrong::OtherKey);
    let (_, entry) = client
        .log_v1(&client.hashed_rekord_v1(b"another release"))
        .await;
    let promised = format!(
        r#"{{"body":{},"integratedTime":{},"logID":{},"logIndex":1}}"#,
        entry["body"], entry["integratedTime"], entry["logID"],
    );
    let promise = decode(&entry["verification"]["signedEntryTimestamp"]);
    assert!(!verifies(&key, promised.as_bytes(), &promise));
}
