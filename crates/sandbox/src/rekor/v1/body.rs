//! Entry types `hashedrekord` and `dsse`, both 0.0.1, as submitted and as logged ([schemas]).
//!
//! Logged bodies are canonical JSON (RFC 8785): the fields are sorted by name, there is no white
//! space, and all values are plain ASCII.
//!
//! [schemas]: https://github.com/sigstore/rekor/tree/main/pkg/types

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::rejection::Rejection;
use crate::rekor::RekorMisbehaviour;
use crate::rekor::submission::{Dsse, Envelope, HashedRekord, Verifier};

/// An entry of one of the two types.
#[derive(Deserialize, Serialize)]
struct Entry<S> {
    #[serde(rename = "apiVersion")]
    api_version: String,
    kind: String,
    spec: S,
}

#[derive(Deserialize, Serialize)]
struct HashedRekordSpec {
    data: Data,
    signature: Signature,
}

#[derive(Deserialize, Serialize)]
struct Data {
    hash: HashValue,
}

#[derive(Deserialize, Serialize)]
struct HashValue {
    algorithm: String,
    value: String,
}

#[derive(Deserialize, Serialize)]
struct Signature {
    content: String,
    #[serde(rename = "publicKey")]
    public_key: PublicKey,
}

#[derive(Deserialize, Serialize)]
struct PublicKey {
    content: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProposedDsse {
    proposed_content: ProposedContent,
}

#[derive(Deserialize)]
struct ProposedContent {
    envelope: String,
    verifiers: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DsseSpec {
    envelope_hash: HashValue,
    payload_hash: HashValue,
    signatures: Vec<DsseSignature>,
}

#[derive(Serialize)]
struct DsseSignature {
    signature: String,
    verifier: String,
}

/// A body and its search keys.
pub(super) struct Body {
    pub(super) json: Vec<u8>,
    /// `algorithm:hex` of the artifact, envelope and payload.
    pub(super) hashes: Vec<String>,
    pub(super) verifiers: Vec<Verifier>,
}

/// Checks a proposed entry like Rekor and returns the body that a log with the misbehaviour `wrong`
/// adds.
pub(super) fn canonicalize(
    proposed: Value,
    wrong: Option<RekorMisbehaviour>,
) -> Result<Body, Rejection> {
    let text = |name: &str| {
        proposed
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    match (text("kind"), text("apiVersion")) {
        ("hashedrekord", "0.0.1") => hashed_rekord(proposed, wrong),
        ("dsse", "0.0.1") => dsse(proposed, wrong),
        (kind, version) => Err(Rejection::bad_request(format!(
            "unsupported entry type {kind} {version}: expected hashedrekord or dsse 0.0.1"
        ))),
    }
}

fn hashed_rekord(proposed: Value, wrong: Option<RekorMisbehaviour>) -> Result<Body, Rejection> {
    let entry: Entry<HashedRekordSpec> =
        serde_json::from_value(proposed).map_err(Rejection::bad_request)?;
    let spec = entry.spec;
    let length = match spec.data.hash.algorithm.as_str() {
        "sha256" => 32,
        "sha384" => 48,
        "sha512" => 64,
        other => {
            return Err(Rejection::bad_request(format!(
                "unsupported hash algorithm {other}"
            )));
        }
    };
    let digest = hex::decode(&spec.data.hash.value).map_err(Rejection::bad_request)?;
    if digest.len() != length {
        return Err(Rejection::bad_request(
            "the digest's length does not fit its algorithm",
        ));
    }
    let submitted = HashedRekord {
        digest,
        signature: base64(&spec.signature.content)?,
        verifier: Verifier::from_pem(&base64(&spec.signature.public_key.content)?)?,
    };
    submitted.check()?;
    let logged = submitted.into_logged(wrong)?;
    let hash = HashValue {
        algorithm: spec.data.hash.algorithm,
        value: hex::encode(&logged.digest),
    };
    let hashes = vec![hash.index_key()];
    let spec = HashedRekordSpec {
        data: Data { hash },
        signature: Signature {
            content: BASE64.encode(&logged.signature),
            public_key: PublicKey {
                content: BASE64.encode(logged.verifier.pem()?),
            },
        },
    };
    Ok(Body {
        json: json("hashedrekord", spec)?,
        hashes,
        verifiers: vec![logged.verifier],
    })
}

fn dsse(proposed: Value, wrong: Option<RekorMisbehaviour>) -> Result<Body, Rejection> {
    let entry: Entry<ProposedDsse> =
        serde_json::from_value(proposed).map_err(Rejection::bad_request)?;
    let content = entry.spec.proposed_content;
    let envelope: Envelope =
        serde_json::from_str(&content.envelope).map_err(Rejection::bad_request)?;
    let verifiers = content
        .verifiers
        .iter()
        .map(|pem| Verifier::from_pem(&base64(pem)?))
        .collect::<Result<Vec<_>, _>>()?;
    let submitted = Dsse::new(content.envelope.as_bytes(), &envelope, &verifiers)?;
    let logged = submitted.into_logged(wrong)?;
    let signatures = logged
        .signatures
        .iter()
        .map(|(signature, verifier)| {
            Ok(DsseSignature {
                signature: BASE64.encode(signature),
                verifier: BASE64.encode(verifier.pem()?),
            })
        })
        .collect::<Result<Vec<_>, Rejection>>()?;
    let spec = DsseSpec {
        envelope_hash: HashValue::sha256(&logged.envelope_hash),
        payload_hash: HashValue::sha256(&logged.payload_hash),
        signatures,
    };
    let hashes = vec![
        spec.envelope_hash.index_key(),
        spec.payload_hash.index_key(),
    ];
    let verifiers = logged
        .signatures
        .into_iter()
        .map(|(_, verifier)| verifier)
        .collect();
    Ok(Body {
        json: json("dsse", spec)?,
        hashes,
        verifiers,
    })
}

impl HashValue {
    fn sha256(digest: &[u8]) -> Self {
        Self {
            algorithm: "sha256".to_owned(),
            value: hex::encode(digest),
        }
    }

    fn index_key(&self) -> String {
        format!("{}:{}", self.algorithm, self.value)
    }
}

fn json<S: Serialize>(kind: &str, spec: S) -> Result<Vec<u8>, Rejection> {
    let entry = Entry {
        api_version: "0.0.1".to_owned(),
        kind: kind.to_owned(),
        spec,
    };
    serde_json::to_vec(&entry).map_err(Rejection::internal)
}

fn base64(text: &str) -> Result<Vec<u8>, Rejection> {
    BASE64.decode(text).map_err(Rejection::bad_request)
}
