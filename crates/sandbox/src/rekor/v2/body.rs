//! Entry types `hashedrekord` and `dsse`, both 0.0.2, as submitted and as logged ([messages]).
//!
//! Logged bodies are canonical JSON (RFC 8785): the fields are sorted by name, there is no white
//! space, and all values are plain ASCII.
//!
//! [messages]: https://github.com/sigstore/rekor-tiles/tree/main/api/proto/rekor/v2

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::rejection::Rejection;
use crate::rekor::RekorMisbehaviour;
use crate::rekor::submission::{self, Dsse, Envelope, HashedRekord};

/// A request to add an entry of one of two types.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Request {
    #[serde(rename = "hashedRekordRequestV002")]
    hashed_rekord: Option<HashedRekordRequest>,
    #[serde(rename = "dsseRequestV002")]
    dsse: Option<DsseRequest>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HashedRekordRequest {
    digest: String,
    signature: Signature,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DsseRequest {
    envelope: Value,
    verifiers: Vec<Verifier>,
}

#[derive(Deserialize, Serialize)]
struct Signature {
    content: String,
    verifier: Verifier,
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Verifier {
    key_details: KeyDetails,
    #[serde(skip_serializing_if = "Option::is_none")]
    public_key: Option<RawBytes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    x509_certificate: Option<RawBytes>,
}

/// The supported kinds of signatures.
#[derive(Clone, Copy, Deserialize, Serialize)]
enum KeyDetails {
    #[serde(rename = "PKIX_ECDSA_P256_SHA_256")]
    P256Sha256,
    #[serde(rename = "PKIX_ECDSA_P384_SHA_384")]
    P384Sha384,
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawBytes {
    raw_bytes: String,
}

#[derive(Serialize)]
struct Entry {
    #[serde(rename = "apiVersion")]
    api_version: &'static str,
    kind: &'static str,
    spec: Spec,
}

#[derive(Serialize)]
enum Spec {
    #[serde(rename = "hashedRekordV002")]
    HashedRekord { data: Hash, signature: Signature },
    #[serde(rename = "dsseV002")]
    Dsse {
        #[serde(rename = "payloadHash")]
        payload_hash: Hash,
        signatures: Vec<Signature>,
    },
}

#[derive(Serialize)]
struct Hash {
    algorithm: &'static str,
    digest: String,
}

/// An entry in canonical JSON and its kind.
pub(super) struct Body {
    pub(super) kind: &'static str,
    pub(super) json: Vec<u8>,
}

/// Checks a request like Rekor and returns the body that a log with the misbehaviour `wrong` adds.
pub(super) fn canonicalize(
    request: Request,
    wrong: Option<RekorMisbehaviour>,
) -> Result<Body, Rejection> {
    match (request.hashed_rekord, request.dsse) {
        (Some(request), None) => hashed_rekord(request, wrong),
        (None, Some(request)) => dsse(&request, wrong),
        _ => Err(Rejection::bad_request(
            "expected one hashedrekord or dsse, version 0.0.2",
        )),
    }
}

fn hashed_rekord(
    request: HashedRekordRequest,
    wrong: Option<RekorMisbehaviour>,
) -> Result<Body, Rejection> {
    let details = request.signature.verifier.key_details;
    let submitted = HashedRekord {
        digest: base64(&request.digest)?,
        signature: base64(&request.signature.content)?,
        verifier: request.signature.verifier.read()?,
    };
    if submitted.digest.len() != details.digest_length() {
        return Err(Rejection::bad_request(
            "the digest's length does not fit its algorithm",
        ));
    }
    submitted.check()?;
    let logged = submitted.into_logged(wrong)?;
    let spec = Spec::HashedRekord {
        data: Hash {
            algorithm: details.hash(),
            digest: BASE64.encode(&logged.digest),
        },
        signature: Signature::new(&logged.signature, &logged.verifier, details),
    };
    body("hashedrekord", spec)
}

fn dsse(request: &DsseRequest, wrong: Option<RekorMisbehaviour>) -> Result<Body, Rejection> {
    let envelope = Envelope::deserialize(&request.envelope).map_err(Rejection::bad_request)?;
    let verifiers = request
        .verifiers
        .iter()
        .map(Verifier::read)
        .collect::<Result<Vec<_>, _>>()?;
    let details = request
        .verifiers
        .first()
        .map(|verifier| verifier.key_details);
    let details = details.ok_or_else(|| Rejection::bad_request("the envelope has no verifier"))?;
    let text = serde_json::to_vec(&request.envelope).map_err(Rejection::internal)?;
    let logged = Dsse::new(&text, &envelope, &verifiers)?.into_logged(wrong)?;
    let signatures = logged
        .signatures
        .iter()
        .map(|(signature, verifier)| Signature::new(signature, verifier, details))
        .collect();
    let payload_hash = Hash {
        algorithm: "SHA2_256",
        digest: BASE64.encode(logged.payload_hash),
    };
    body(
        "dsse",
        Spec::Dsse {
            payload_hash,
            signatures,
        },
    )
}

fn body(kind: &'static str, spec: Spec) -> Result<Body, Rejection> {
    let entry = Entry {
        api_version: "0.0.2",
        kind,
        spec,
    };
    let json = serde_json::to_vec(&entry).map_err(Rejection::internal)?;
    Ok(Body { kind, json })
}

impl KeyDetails {
    fn hash(self) -> &'static str {
        match self {
            Self::P256Sha256 => "SHA2_256",
            Self::P384Sha384 => "SHA2_384",
        }
    }

    fn digest_length(self) -> usize {
        match self {
            Self::P256Sha256 => 32,
            Self::P384Sha384 => 48,
        }
    }
}

impl Signature {
    fn new(signature: &[u8], verifier: &submission::Verifier, key_details: KeyDetails) -> Self {
        let raw = |der: &[u8]| {
            Some(RawBytes {
                raw_bytes: BASE64.encode(der),
            })
        };
        let (x509_certificate, public_key) = match verifier {
            submission::Verifier::Certificate(der) => (raw(der), None),
            submission::Verifier::PublicKey(der) => (None, raw(der)),
        };
        let verifier = Verifier {
            key_details,
            public_key,
            x509_certificate,
        };
        Self {
            content: BASE64.encode(signature),
            verifier,
        }
    }
}

impl Verifier {
    fn read(&self) -> Result<submission::Verifier, Rejection> {
        let verifier = match (&self.x509_certificate, &self.public_key) {
            (Some(certificate), None) => {
                submission::Verifier::Certificate(base64(&certificate.raw_bytes)?)
            }
            (None, Some(key)) => submission::Verifier::PublicKey(base64(&key.raw_bytes)?),
            _ => {
                return Err(Rejection::bad_request(
                    "expected one certificate or public key",
                ));
            }
        };
        Ok(verifier)
    }
}

fn base64(text: &str) -> Result<Vec<u8>, Rejection> {
    BASE64.decode(text).map_err(Rejection::bad_request)
}
