//! The signatures in the body of an entry, as a Rekor v2 log has it: `hashedrekord` and `dsse`, version 0.0.2.
//!
//! Anybody can log an entry with any certificate: the log only checks that the signature belongs to the key. So a
//! certificate means nothing until [`Verifier::issued`](crate::verify::Verifier::issued) has accepted it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use cpan_sigstore_core::{digest::Sha256Digest, identity::SignerIdentity};
use jiff::Timestamp;
use serde::Deserialize;
use sigstore_verify::{
    crypto::VerificationKey,
    types::{DerCertificate, SignatureBytes},
};

use crate::certificate::CertificateClaims;

/// Most signatures of one entry.
const SIGNATURES_LIMIT: usize = 64;

/// The signed content, as far as the entry states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoggedContent {
    /// The SHA-256 of a file.
    File(Sha256Digest),
    /// The SHA-256 of a statement about files.
    Statement(Sha256Digest),
    /// A digest of another kind.
    Other,
}

/// A signature in an entry.
///
/// # Security
///
/// The certificate is unverified.
#[derive(Clone, Debug)]
pub struct LoggedSignature {
    /// The signed content.
    pub content: LoggedContent,
    /// The identity in the certificate.
    pub signer: SignerIdentity,
    /// The beginning of the certificate's validity, minutes before the signature.
    pub issued: Timestamp,
    pub(crate) certificate: DerCertificate,
    /// Digest and signature, if the entry has what verifies them.
    signed: Option<(Vec<u8>, SignatureBytes)>,
    claims: CertificateClaims,
}

/// The entry cannot be read. The log may have entries of kinds that this program does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// It is no entry of a known kind.
    #[error("invalid log entry: expected hashedrekord or dsse, version 0.0.2, found another form")]
    Form,
    /// Its certificate names no identity.
    #[error("invalid log entry: expected certificates with one identity each, found another form")]
    Certificate,
}

#[derive(Deserialize)]
struct Body {
    #[serde(rename = "apiVersion")]
    version: String,
    kind: String,
    spec: Spec,
}

#[derive(Deserialize)]
struct Spec {
    #[serde(rename = "hashedRekordV002")]
    hashed_rekord: Option<HashedRekord>,
    #[serde(rename = "dsseV002")]
    dsse: Option<Dsse>,
}

#[derive(Deserialize)]
struct HashedRekord {
    data: Hash,
    signature: Signature,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Dsse {
    payload_hash: Hash,
    signatures: Vec<Signature>,
}

#[derive(Deserialize)]
struct Hash {
    algorithm: String,
    digest: String,
}

#[derive(Deserialize)]
struct Signature {
    content: String,
    verifier: SignatureKey,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SignatureKey {
    x509_certificate: Option<RawBytes>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawBytes {
    raw_bytes: String,
}

impl LoggedSignature {
    /// Whether the signature belongs to the certificate's key, as far as the entry has what shows it.
    pub(crate) fn is_signed(&self) -> bool {
        let Some((digest, signature)) = &self.signed else {
            return true;
        };
        VerificationKey::from_spki(&self.claims.info.public_key)
            .is_ok_and(|key| key.verify_prehashed(digest, signature).is_ok())
    }
}

/// Returns the signatures of an entry by certificates. Signatures by bare keys name nobody, and are left out.
///
/// # Errors
/// [`EntryError`] for an entry of another form.
pub fn signatures(body: &[u8]) -> Result<Vec<LoggedSignature>, EntryError> {
    let body: Body = serde_json::from_slice(body).map_err(|_| EntryError::Form)?;
    match (body.kind.as_str(), body.version.as_str(), body.spec) {
        (
            "hashedrekord",
            "0.0.2",
            Spec {
                hashed_rekord: Some(entry),
                dsse: None,
            },
        ) => {
            let digest = decoded(&entry.data.digest)?;
            let content = match sha256(&entry.data, &digest) {
                Some(digest) => LoggedContent::File(digest),
                None => LoggedContent::Other,
            };
            let signed = (
                digest,
                SignatureBytes::new(decoded(&entry.signature.content)?),
            );
            let signature = signature(&entry.signature, content, Some(signed))?;
            Ok(signature.into_iter().collect())
        }
        (
            "dsse",
            "0.0.2",
            Spec {
                hashed_rekord: None,
                dsse: Some(entry),
            },
        ) => {
            if entry.signatures.len() > SIGNATURES_LIMIT {
                return Err(EntryError::Form);
            }
            let digest = decoded(&entry.payload_hash.digest)?;
            let content = match sha256(&entry.payload_hash, &digest) {
                Some(digest) => LoggedContent::Statement(digest),
                None => LoggedContent::Other,
            };
            let all = entry.signatures.iter();
            all.filter_map(|one| signature(one, content, None).transpose())
                .collect()
        }
        _ => Err(EntryError::Form),
    }
}

fn signature(
    signature: &Signature,
    content: LoggedContent,
    signed: Option<(Vec<u8>, SignatureBytes)>,
) -> Result<Option<LoggedSignature>, EntryError> {
    let Some(certificate) = &signature.verifier.x509_certificate else {
        return Ok(None);
    };
    let certificate = DerCertificate::new(decoded(&certificate.raw_bytes)?);
    let claims = CertificateClaims::read(&certificate).map_err(|_| EntryError::Certificate)?;
    Ok(Some(LoggedSignature {
        content,
        signer: claims.signer.clone(),
        issued: claims.info.not_before,
        certificate,
        signed,
        claims,
    }))
}

fn sha256(hash: &Hash, digest: &[u8]) -> Option<Sha256Digest> {
    let digest = digest.try_into().ok()?;
    (hash.algorithm == "SHA2_256").then(|| Sha256Digest::new(digest))
}

fn decoded(text: &str) -> Result<Vec<u8>, EntryError> {
    STANDARD.decode(text).map_err(|_| EntryError::Form)
}
