//! The HTTP interface, as in [Fulcio's `fulcio.proto`].
//!
//! [Fulcio's `fulcio.proto`]: https://github.com/sigstore/fulcio/blob/main/fulcio.proto

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use const_oid::db::rfc5912::{ECDSA_WITH_SHA_256, ECDSA_WITH_SHA_384};
use der::{DecodePem, Encode};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256, Sha384};
use x509_cert::request::CertReq;

use super::identity::{IssuerKind, Principal};
use super::token::Token;
use super::{CertificateAuthority, Inner};
use crate::ctlog::has_sct_list;
use crate::key::ClientKey;
use crate::rejection::Rejection;
use crate::x509::{self, Certificate};

pub(crate) fn router(ca: &CertificateAuthority) -> Router {
    Router::new()
        .route("/api/v2/signingCert", post(signing_cert))
        .route("/api/v2/trustBundle", get(trust_bundle))
        .route("/api/v2/configuration", get(configuration))
        .with_state(ca.clone())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    credentials: Option<Credentials>,
    public_key_request: Option<PublicKeyRequest>,
    /// Base64 of PEM.
    certificate_signing_request: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Credentials {
    oidc_identity_token: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PublicKeyRequest {
    public_key: PublicKey,
    proof_of_possession: String,
}

#[derive(Deserialize)]
struct PublicKey {
    content: String,
}

async fn signing_cert(
    State(ca): State<CertificateAuthority>,
    headers: HeaderMap,
    Json(request): Json<Request>,
) -> Result<Json<Value>, Rejection> {
    let principal = ca.inner.authenticate(&token(&request, &headers)?).await?;
    let spki = match (
        &request.certificate_signing_request,
        &request.public_key_request,
    ) {
        (Some(csr), _) => key_of_signing_request(csr)?,
        (None, Some(request)) => key_of_request(request, &principal.challenge)?,
        (None, None) => {
            return Err(Rejection::bad_request("the request has no public key"));
        }
    };
    let chain = ca.chain_in_use();
    let leaf = ca.inner.issue(principal, &spki, chain).await?;
    let chain = chain_json([&leaf].into_iter().chain(chain.certificates()))?;
    Ok(Json(match has_sct_list(&leaf.tbs_certificate) {
        true => json!({ "signedCertificateEmbeddedSct": { "chain": chain } }),
        false => {
            json!({ "signedCertificateDetachedSct": { "chain": chain, "signedCertificateTimestamp": "" } })
        }
    }))
}

/// Returns the token from the body or, as some clients send it, from the header.
fn token(request: &Request, headers: &HeaderMap) -> Result<String, Rejection> {
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    request
        .credentials
        .as_ref()
        .map(|credentials| credentials.oidc_identity_token.as_str())
        .or(bearer)
        .map(str::to_owned)
        .ok_or_else(|| Rejection::bad_request("the request has no identity token"))
}

impl Inner {
    async fn authenticate(&self, token: &str) -> Result<Principal, Rejection> {
        let token = Token::parse(token)?;
        let (issuer, kind) = self
            .issuers
            .iter()
            .find(|(issuer, _)| issuer == token.issuer())
            .ok_or_else(|| {
                Rejection::bad_request(format!("{} is not a trusted issuer", token.issuer()))
            })?;
        let claims = token.verify(issuer, &self.http, self.clock.now()).await?;
        Principal::new(kind, &claims)
    }
}

/// Returns the key of a public key request after checking the proof of possession.
fn key_of_request(request: &PublicKeyRequest, challenge: &str) -> Result<Vec<u8>, Rejection> {
    let unreadable = || Rejection::bad_request("the public key is not a P-256 or P-384 key in PEM");
    let (_, spki) = der::pem::decode_vec(request.public_key.content.trim().as_bytes())
        .map_err(|_| unreadable())?;
    let key = ClientKey::from_spki(&spki).map_err(|_| unreadable())?;
    let proof = BASE64
        .decode(&request.proof_of_possession)
        .map_err(|_| Rejection::bad_request("the proof of possession is not base64"))?;
    if !key.verify(challenge.as_bytes(), &proof) {
        return Err(Rejection::bad_request(format!(
            "the proof of possession is not a signature of {challenge}"
        )));
    }
    Ok(spki)
}

/// Returns the key of a PKCS #10 request after checking its signature. Its names are ignored.
fn key_of_signing_request(csr: &str) -> Result<Vec<u8>, Rejection> {
    let unreadable = || Rejection::bad_request("the certificate signing request cannot be read");
    let pem = BASE64.decode(csr).map_err(|_| unreadable())?;
    let csr = CertReq::from_pem(pem.trim_ascii()).map_err(|_| unreadable())?;
    let spki = csr.info.public_key.to_der().map_err(|_| unreadable())?;
    let key = ClientKey::from_spki(&spki).map_err(|_| unreadable())?;
    let signed = csr.info.to_der().map_err(|_| unreadable())?;
    let digest = match csr.algorithm.oid {
        ECDSA_WITH_SHA_256 => Sha256::digest(&signed).to_vec(),
        ECDSA_WITH_SHA_384 => Sha384::digest(&signed).to_vec(),
        _ => {
            return Err(Rejection::bad_request(
                "the signature algorithm is not ECDSA with SHA-256 or SHA-384",
            ));
        }
    };
    let signature = csr.signature.as_bytes();
    if !signature.is_some_and(|signature| key.verify_digest(&digest, signature)) {
        return Err(Rejection::bad_request(
            "the certificate signing request has a wrong signature",
        ));
    }
    Ok(spki)
}

async fn trust_bundle(State(ca): State<CertificateAuthority>) -> Result<Json<Value>, Rejection> {
    let chain = chain_json(ca.chain_in_use().certificates())?;
    Ok(Json(json!({ "chains": [chain] })))
}

fn chain_json<'a>(
    certificates: impl IntoIterator<Item = &'a Certificate>,
) -> Result<Value, Rejection> {
    let pems = certificates
        .into_iter()
        .map(x509::pem)
        .collect::<der::Result<Vec<_>>>()
        .map_err(Rejection::internal)?;
    Ok(json!({ "certificates": pems }))
}

async fn configuration(State(ca): State<CertificateAuthority>) -> Json<Value> {
    let issuers = ca.inner.issuers.iter().map(|(url, kind)| {
        let (challenge, name, domain) = match kind {
            IssuerKind::Email => ("email", "email", ""),
            IssuerKind::Username { domain } => ("sub", "username", domain.as_str()),
            IssuerKind::Workflow => ("sub", "github-workflow", ""),
        };
        json!({
            "issuerUrl": url,
            "audience": "sigstore",
            "challengeClaim": challenge,
            "issuerType": name,
            "subjectDomain": domain,
        })
    });
    Json(json!({ "issuers": issuers.collect::<Vec<_>>() }))
}
