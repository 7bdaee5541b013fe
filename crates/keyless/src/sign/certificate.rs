//! The certificate for a key and a token (Fulcio, `POST /api/v2/signingCert`).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::{Method, Url};
use serde::Deserialize;
use serde_json::json;
use sigstore_verify::{crypto::KeyPair, types::DerCertificate};

use super::{
    SignError,
    request::{Requests, endpoint, refusal},
};
use crate::{certificate::CertificateClaims, login::IdentityToken};

const SERVICE: &str = "the certificate authority";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    signed_certificate_embedded_sct: Option<WithChain>,
}

#[derive(Deserialize)]
struct WithChain {
    chain: Chain,
}

#[derive(Deserialize)]
struct Chain {
    certificates: Vec<String>,
}

/// Requests a certificate. The token goes only to the authority's own address.
pub(super) async fn request(
    requests: &Requests,
    authority: &Url,
    token: &IdentityToken,
    key: &KeyPair,
) -> Result<DerCertificate, SignError> {
    let url = endpoint(authority, "/api/v2/signingCert");
    let public_key = key.public_key_der().map_err(SignError::key)?;
    let proof = key
        .sign(token.proof_subject().as_bytes())
        .map_err(SignError::key)?;
    let body = json!({
        "credentials": { "oidcIdentityToken": token.expose() },
        "publicKeyRequest": {
            "publicKey": { "algorithm": "ECDSA", "content": public_key.to_pem() },
            "proofOfPossession": STANDARD.encode(proof.as_bytes()),
        },
    });
    let answer = requests
        .send(Method::POST, &url, |request| request.json(&body))
        .await?;
    if !answer.is_success() {
        return Err(refusal(SERVICE, &url, &answer));
    }
    let unusable = |found: String| SignError::Answer {
        service: SERVICE,
        url: url.to_string(),
        expected: "a certificate chain with an embedded SCT",
        found,
    };
    let response: Response =
        serde_json::from_slice(&answer.body).map_err(|error| unusable(error.to_string()))?;
    let chain = response
        .signed_certificate_embedded_sct
        .ok_or_else(|| unusable("none".into()))?
        .chain;
    let leaf = chain
        .certificates
        .first()
        .ok_or_else(|| unusable("an empty chain".into()))?;
    DerCertificate::from_pem(leaf).map_err(|error| unusable(error.to_string()))
}

/// Reads a certificate and refuses one for another key.
pub(super) fn check(
    certificate: &DerCertificate,
    key: &KeyPair,
) -> Result<CertificateClaims, SignError> {
    let claims = CertificateClaims::read(certificate).map_err(SignError::Certificate)?;
    let ours = key.public_key_der().map_err(SignError::key)?;
    if claims.info.public_key != ours {
        return Err(SignError::CertificateKey);
    }
    Ok(claims)
}
