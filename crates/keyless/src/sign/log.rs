//! Entries in transparency logs (Rekor v1, `POST /api/v1/log/entries`; Rekor v2 of rekor-tiles,
//! `POST /api/v2/log/entries`).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::{Method, Url, header::LOCATION};
use serde_json::{Map, Value, json};
use sigstore_verify::types::{DerCertificate, Sha256Hash, SignatureBytes};

use super::{
    SignError,
    request::{Requests, endpoint, refusal},
    services::{LogService, RekorVersion},
};
use cpan_sigstore_http::Answer;

const SERVICE: &str = "the transparency log";

/// Content of a log entry.
pub(super) struct EntryContent<'a> {
    pub digest: &'a Sha256Hash,
    pub signature: &'a SignatureBytes,
    pub certificate: &'a DerCertificate,
}

/// Creates an entry in each log and returns them in the form of a bundle (`TransparencyLogEntry` in
/// protobuf's JSON).
pub(super) async fn entries(
    requests: &Requests,
    logs: &[LogService],
    logged: &EntryContent<'_>,
) -> Result<Vec<Value>, SignError> {
    let mut entries = Vec::with_capacity(logs.len());
    for log in logs {
        entries.push(match log.version {
            RekorVersion::V1 => v1(requests, &log.url, logged).await?,
            RekorVersion::V2 => v2(requests, &log.url, logged).await?,
        });
    }
    Ok(entries)
}

async fn v2(requests: &Requests, log: &Url, logged: &EntryContent<'_>) -> Result<Value, SignError> {
    let url = endpoint(log, "/api/v2/log/entries");
    let body = json!({ "hashedRekordRequestV002": {
        "digest": logged.digest.to_base64(),
        "signature": {
            "content": logged.signature.to_base64(),
            "verifier": {
                "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                "x509Certificate": { "rawBytes": logged.certificate.to_base64() },
            },
        },
    }});
    let answer = requests
        .send(Method::POST, &url, |request| request.json(&body))
        .await?;
    match answer.status {
        409 => Err(SignError::EntryExists {
            url: url.to_string(),
        }),
        _ if !answer.is_success() => Err(refusal(SERVICE, &url, &answer)),
        _ => serde_json::from_slice(&answer.body).map_err(|error| unusable(&url, error)),
    }
}

async fn v1(requests: &Requests, log: &Url, logged: &EntryContent<'_>) -> Result<Value, SignError> {
    let url = endpoint(log, "/api/v1/log/entries");
    let body = json!({
        "apiVersion": "0.0.1",
        "kind": "hashedrekord",
        "spec": {
            "data": { "hash": { "algorithm": "sha256", "value": logged.digest.to_hex() } },
            "signature": {
                "content": logged.signature.to_base64(),
                "publicKey": { "content": STANDARD.encode(logged.certificate.to_pem()) },
            },
        },
    });
    let mut answer = requests
        .send(Method::POST, &url, |request| request.json(&body))
        .await?;
    if answer.status == 409 {
        answer = existing(requests, &url, &answer).await?;
    }
    if !answer.is_success() {
        return Err(refusal(SERVICE, &url, &answer));
    }
    converted(&answer).ok_or_else(|| SignError::Answer {
        service: SERVICE,
        url: url.to_string(),
        expected: "one entry with a promise and an inclusion proof",
        found: answer.excerpt(),
    })
}

/// Fetches the entry that the log already has. The response to an earlier request was lost.
async fn existing(requests: &Requests, url: &Url, answer: &Answer) -> Result<Answer, SignError> {
    let exists = || SignError::EntryExists {
        url: url.to_string(),
    };
    let location = answer
        .headers
        .get(LOCATION)
        .and_then(|location| location.to_str().ok())
        .and_then(|location| url.join(location).ok())
        // A log serves its own entries, so no other address is contacted.
        .filter(|location| location.origin() == url.origin())
        .ok_or_else(exists)?;
    Ok(requests
        .send(Method::GET, &location, |request| request)
        .await?)
}

/// Converts Rekor v1's JSON to the form of a bundle. Returns `None` if something is missing.
fn converted(answer: &Answer) -> Option<Value> {
    let entries: Map<String, Value> = serde_json::from_slice(&answer.body).ok()?;
    let entry = match entries.values().collect::<Vec<_>>()[..] {
        [entry] => entry,
        _ => return None,
    };
    let verification = entry.get("verification")?;
    let proof = verification.get("inclusionProof")?;
    let bytes = |hex: &Value| hex::decode(hex.as_str()?).ok().map(|b| STANDARD.encode(b));
    let number = |number: &Value| number.as_u64().map(|number| number.to_string());
    let hashes: Option<Vec<_>> = proof.get("hashes")?.as_array()?.iter().map(bytes).collect();
    Some(json!({
        "logIndex": number(entry.get("logIndex")?)?,
        "logId": { "keyId": bytes(entry.get("logID")?)? },
        "kindVersion": { "kind": "hashedrekord", "version": "0.0.1" },
        "integratedTime": number(entry.get("integratedTime")?)?,
        "inclusionPromise": { "signedEntryTimestamp": verification.get("signedEntryTimestamp")? },
        "inclusionProof": {
            "logIndex": number(proof.get("logIndex")?)?,
            "rootHash": bytes(proof.get("rootHash")?)?,
            "treeSize": number(proof.get("treeSize")?)?,
            "hashes": hashes?,
            "checkpoint": { "envelope": proof.get("checkpoint")? },
        },
        "canonicalizedBody": entry.get("body")?,
    }))
}

fn unusable(url: &Url, error: serde_json::Error) -> SignError {
    SignError::Answer {
        service: SERVICE,
        url: url.to_string(),
        expected: "an entry as JSON",
        found: error.to_string(),
    }
}
