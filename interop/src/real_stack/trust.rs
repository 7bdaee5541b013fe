//! The documents that describe the stack (protobuf-specs `sigstore_trustroot.proto`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::error::InteropError;
use crate::instance::Instance;

/// Earlier than every signature of the stack.
const START: &str = "2026-01-01T00:00:00Z";

/// The services of a stack, as clients see them.
#[derive(Clone, Debug)]
pub(super) struct Services {
    pub(super) fulcio: String,
    /// DER, leaf first.
    pub(super) ca: Vec<Vec<u8>>,
    /// An entry of `ctlogs`.
    pub(super) ct: Value,
    /// An entry of `tlogs`.
    pub(super) rekor: Value,
    pub(super) rekor_url: String,
    pub(super) tsa_url: String,
    /// DER, leaf first.
    pub(super) tsa_chain: Vec<Vec<u8>>,
    /// The issuer at which people log in.
    pub(super) oidc: String,
}

impl Services {
    /// Returns the files for clients.
    pub(super) fn instance(&self) -> Result<Instance, InteropError> {
        Instance::write(self.trusted_root(), self.signing_config())
    }

    /// Returns the document of version 0.1.
    fn trusted_root(&self) -> Value {
        json!({
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [self.rekor],
            "certificateAuthorities": [authority(&self.fulcio, "loopback Fulcio", &self.ca)],
            "ctlogs": [self.ct],
            "timestampAuthorities": [authority(&self.tsa_url, "loopback TSA", &self.tsa_chain)],
        })
    }

    /// Returns the document of version 0.2.
    fn signing_config(&self) -> Value {
        let service = |url: &str, version: u64| {
            json!([{
                "url": url,
                "majorApiVersion": version,
                "validFor": { "start": START },
                "operator": "loopback",
            }])
        };
        json!({
            "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
            "caUrls": service(&self.fulcio, 1),
            "oidcUrls": service(&self.oidc, 1),
            "rekorTlogUrls": service(&self.rekor_url, 2),
            "rekorTlogConfig": { "selector": "ANY" },
            "tsaUrls": service(&self.tsa_url, 1),
            "tsaConfig": { "selector": "ANY" },
        })
    }
}

/// Returns a log's entry. Its id is the SHA-256 of the key.
pub(super) fn log(url: &str, public_key: &[u8]) -> Value {
    json!({
        "baseUrl": url,
        "hashAlgorithm": "SHA2_256",
        "publicKey": {
            "rawBytes": STANDARD.encode(public_key),
            "keyDetails": "PKIX_ECDSA_P256_SHA_256",
            "validFor": { "start": START },
        },
        "logId": { "keyId": STANDARD.encode(Sha256::digest(public_key)) },
    })
}

fn authority(uri: &str, name: &str, chain: &[Vec<u8>]) -> Value {
    let certificates: Vec<Value> = chain
        .iter()
        .map(|der| json!({ "rawBytes": STANDARD.encode(der) }))
        .collect();
    json!({
        "subject": { "organization": "loopback", "commonName": name },
        "uri": uri,
        "certChain": { "certificates": certificates },
        "validFor": { "start": START },
    })
}
