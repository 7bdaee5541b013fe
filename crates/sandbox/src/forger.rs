//! A signer without checks, like an attacker or a careless program. Its bundles are test input for
//! verifiers.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD as BASE64, URL_SAFE_NO_PAD};
use der::{Any, Decode, Encode};
use p256::ecdsa::signature::hazmat::PrehashSigner;
use reqwest::Client;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use spki::AlgorithmIdentifierOwned;
use x509_cert::Certificate;
use x509_tsp::{MessageImprint, TimeStampReq, TspVersion};

use crate::http::loopback_client;
use crate::key::AuthorityKey;
use crate::trust::RekorVersion;
use crate::{Sandbox, tsa, x509};

/// Instructions for a forgery.
#[derive(Clone, Copy, Debug)]
pub struct Recipe<'a> {
    /// Account that logs in.
    pub account: &'a str,
    /// SHA-256 of the signed bytes.
    pub digest: [u8; 32],
    /// Version of the log.
    pub rekor: RekorVersion,
    /// Whether to request a timestamp.
    pub timestamp: bool,
}

/// The parts of a signature, as the authorities returned them.
#[derive(Clone, Debug)]
pub struct ForgedSignature {
    certificate: Vec<u8>,
    signature: Vec<u8>,
    digest: [u8; 32],
    /// Version 1: the log's own JSON. Version 2: the entry in the form of a bundle.
    entry: Value,
    rekor: RekorVersion,
    timestamp: Option<Vec<u8>>,
}

/// Error for an authority's unusable response.
#[derive(Debug, thiserror::Error)]
#[error("cannot forge a bundle: {0}")]
pub struct ForgeError(String);

fn failed(error: impl std::fmt::Display) -> ForgeError {
    ForgeError(error.to_string())
}

impl Sandbox {
    /// Signs without checks. It blocks, so do not call it within a runtime.
    ///
    /// # Errors
    /// [`ForgeError`] if an authority returns nothing usable.
    pub fn forge(&self, recipe: &Recipe<'_>) -> Result<ForgedSignature, ForgeError> {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(failed)?
            .block_on(self.forge_pieces(recipe))
    }

    async fn forge_pieces(&self, recipe: &Recipe<'_>) -> Result<ForgedSignature, ForgeError> {
        let http = loopback_client().map_err(failed)?;
        let token = self
            .token(recipe.account)
            .ok_or_else(|| failed("no such account"))?;
        let key = AuthorityKey::generate().map_err(failed)?;
        let certificate = self.forge_certificate(&http, &token, &key).await?;
        let signature: p256::ecdsa::Signature =
            key.secret().sign_prehash(&recipe.digest).map_err(failed)?;
        let signature = signature.to_der().as_bytes().to_vec();
        let timestamp = match recipe.timestamp {
            true => Some(self.forge_timestamp(&http, &signature).await?),
            false => None,
        };
        let entry = self
            .forge_entry(&http, recipe, &certificate, &signature)
            .await?;
        Ok(ForgedSignature {
            certificate,
            signature,
            digest: recipe.digest,
            entry,
            rekor: recipe.rekor,
            timestamp,
        })
    }

    async fn forge_certificate(
        &self,
        http: &Client,
        token: &str,
        key: &AuthorityKey,
    ) -> Result<Vec<u8>, ForgeError> {
        let claims = token.split('.').nth(1).unwrap_or_default();
        let claims: Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).map_err(failed)?)
                .map_err(failed)?;
        let subject = claims["email"].as_str().or(claims["sub"].as_str());
        let proof = key.sign(subject.unwrap_or_default().as_bytes());
        let body = json!({
            "credentials": { "oidcIdentityToken": token },
            "publicKeyRequest": {
                "publicKey": { "algorithm": "ECDSA", "content": key.pem().map_err(failed)? },
                "proofOfPossession": BASE64.encode(proof),
            },
        });
        let url = format!("{}/api/v2/signingCert", self.services.ca.url());
        let answer = post_json(http, &url, &body).await?;
        // With or without an SCT.
        let pem = [
            "signedCertificateEmbeddedSct",
            "signedCertificateDetachedSct",
        ]
        .iter()
        .find_map(|kind| answer[kind]["chain"]["certificates"][0].as_str())
        .ok_or_else(|| failed(&answer))?;
        let certificate: Certificate = x509::from_pem(pem).map_err(failed)?;
        certificate.to_der().map_err(failed)
    }

    async fn forge_timestamp(
        &self,
        http: &Client,
        signature: &[u8],
    ) -> Result<Vec<u8>, ForgeError> {
        let request = TimeStampReq {
            version: TspVersion::V1,
            message_imprint: MessageImprint {
                hash_algorithm: AlgorithmIdentifierOwned {
                    oid: const_oid::db::rfc5912::ID_SHA_256,
                    parameters: Some(Any::null()),
                },
                hashed_message: der::asn1::OctetString::new(Sha256::digest(signature).to_vec())
                    .map_err(failed)?,
            },
            req_policy: None,
            nonce: None,
            cert_req: true,
            extensions: None,
        };
        let answer = http
            .post(format!("{}{}", self.services.tsa.url(), tsa::PATH))
            .header("content-type", "application/timestamp-query")
            .body(request.to_der().map_err(failed)?)
            .send()
            .await
            .map_err(failed)?;
        Ok(answer.bytes().await.map_err(failed)?.to_vec())
    }

    async fn forge_entry(
        &self,
        http: &Client,
        recipe: &Recipe<'_>,
        certificate: &[u8],
        signature: &[u8],
    ) -> Result<Value, ForgeError> {
        match recipe.rekor {
            RekorVersion::V2 => {
                let url = format!("{}/api/v2/log/entries", self.services.rekor_v2.url());
                let body = json!({ "hashedRekordRequestV002": {
                    "digest": BASE64.encode(recipe.digest),
                    "signature": {
                        "content": BASE64.encode(signature),
                        "verifier": {
                            "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                            "x509Certificate": { "rawBytes": BASE64.encode(certificate) },
                        },
                    },
                }});
                post_json(http, &url, &body).await
            }
            RekorVersion::V1 => {
                let url = format!("{}/api/v1/log/entries", self.services.rekor_v1.url());
                let body = json!({
                    "apiVersion": "0.0.1",
                    "kind": "hashedrekord",
                    "spec": {
                        "data": { "hash": { "algorithm": "sha256", "value": hex::encode(recipe.digest) } },
                        "signature": {
                            "content": BASE64.encode(signature),
                            "publicKey": { "content": BASE64.encode(pem(certificate)?) },
                        },
                    },
                });
                let answer = post_json(http, &url, &body).await?;
                let entries = answer.as_object().ok_or_else(|| failed(&answer))?;
                entries
                    .values()
                    .next()
                    .cloned()
                    .ok_or_else(|| failed(&answer))
            }
        }
    }
}

impl ForgedSignature {
    /// Returns the bundle in Sigstore's format 0.3. Parts that an authority omitted are missing.
    pub fn bundle(&self) -> Value {
        let mut material = json!({
            "certificate": { "rawBytes": BASE64.encode(&self.certificate) },
            "tlogEntries": [match self.rekor {
                RekorVersion::V1 => self.entry_of_v1(),
                RekorVersion::V2 => self.entry.clone(),
            }],
        });
        if let Some(timestamp) = &self.timestamp {
            material["timestampVerificationData"] =
                json!({ "rfc3161Timestamps": [{ "signedTimestamp": BASE64.encode(timestamp) }] });
        }
        json!({
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": material,
            "messageSignature": {
                "messageDigest": { "algorithm": "SHA2_256", "digest": BASE64.encode(self.digest) },
                "signature": BASE64.encode(&self.signature),
            },
        })
    }

    /// Returns the bundle as cosign wrote it before version 3. It needs Rekor version 1.
    ///
    /// # Errors
    /// [`ForgeError`] if the certificate cannot be encoded as PEM.
    pub fn old_bundle(&self) -> Result<Value, ForgeError> {
        Ok(json!({
            "base64Signature": BASE64.encode(&self.signature),
            "cert": BASE64.encode(pem(&self.certificate)?),
            "rekorBundle": {
                "SignedEntryTimestamp": self.entry["verification"]["signedEntryTimestamp"],
                "Payload": {
                    "body": self.entry["body"],
                    "integratedTime": self.entry["integratedTime"],
                    "logIndex": self.entry["logIndex"],
                    "logID": self.entry["logID"],
                },
            },
        }))
    }

    fn entry_of_v1(&self) -> Value {
        let entry = &self.entry;
        let number = |value: &Value| value.as_u64().map(|number| number.to_string());
        let bytes = |value: &Value| {
            let bytes = hex::decode(value.as_str().unwrap_or_default()).unwrap_or_default();
            BASE64.encode(bytes)
        };
        let mut converted = json!({
            "logIndex": number(&entry["logIndex"]),
            "logId": { "keyId": bytes(&entry["logID"]) },
            "kindVersion": { "kind": "hashedrekord", "version": "0.0.1" },
            "integratedTime": number(&entry["integratedTime"]),
            "canonicalizedBody": entry["body"],
        });
        let verification = &entry["verification"];
        if let Some(promise) = verification["signedEntryTimestamp"].as_str() {
            converted["inclusionPromise"] = json!({ "signedEntryTimestamp": promise });
        }
        let proof = &verification["inclusionProof"];
        if proof.is_object() {
            let hashes = proof["hashes"].as_array().into_iter().flatten().map(bytes);
            converted["inclusionProof"] = json!({
                "logIndex": number(&proof["logIndex"]),
                "rootHash": bytes(&proof["rootHash"]),
                "treeSize": number(&proof["treeSize"]),
                "hashes": hashes.collect::<Vec<_>>(),
                "checkpoint": { "envelope": proof["checkpoint"] },
            });
        }
        converted
    }
}

fn pem(certificate: &[u8]) -> Result<String, ForgeError> {
    // Report an invalid certificate here.
    Certificate::from_der(certificate).map_err(failed)?;
    der::pem::encode_string("CERTIFICATE", der::pem::LineEnding::LF, certificate).map_err(failed)
}

async fn post_json(http: &Client, url: &str, body: &Value) -> Result<Value, ForgeError> {
    let answer = http.post(url).json(body).send().await.map_err(failed)?;
    let status = answer.status();
    let text = answer.text().await.map_err(failed)?;
    if !status.is_success() {
        return Err(ForgeError(format!("status {status} from {url}: {text}")));
    }
    serde_json::from_str(&text).map_err(failed)
}
