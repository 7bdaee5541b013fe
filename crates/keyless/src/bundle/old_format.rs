//! The blob bundle of cosign before version 3, still found on CPAN under `.sigstore.json`.
//!
//! `{base64Signature, cert, rekorBundle: {SignedEntryTimestamp, Payload: {body, integratedTime,
//! logIndex, logID}}}`: no media type and no inclusion proof; it rests on the log's signed promise
//! alone. It is turned into a Sigstore bundle 0.1 without a proof, so that one verifier serves both.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use cpan_sigstore_core::cause::Cause;
use serde::Deserialize;
use serde_json::{Value, json};
use sigstore_verify::types::{DerCertificate, DerPublicKey, MediaType};

use super::{
    Refused,
    fields::{Fields, malformed},
};

/// Whether this is a bundle in the old format.
pub(super) fn is_old(value: &Value) -> bool {
    value.get("base64Signature").is_some() && value.get("mediaType").is_none()
}

/// The same bundle in the shape of Sigstore's format 0.1.
pub(super) fn convert(value: &Value) -> Result<Value, Refused> {
    let bundle = Fields::top(value, &["base64Signature", "cert", "rekorBundle"])?;
    let rekor = bundle
        .optional_object("rekorBundle", &["SignedEntryTimestamp", "Payload"])?
        .ok_or_else(|| Refused::new(Cause::InclusionProofMissing, "no `rekorBundle`"))?;
    let payload = rekor.object("Payload", &["body", "integratedTime", "logIndex", "logID"])?;
    let body = payload.text("body")?;
    let log_id = hex::decode(payload.text("logID")?)
        .map_err(|error| malformed("rekorBundle.Payload.logID", &error.to_string()))?;
    Ok(json!({
        "mediaType": MediaType::Bundle0_1.as_str(),
        "verificationMaterial": key(&bundle, json!([{
            "logIndex": number(&payload, "logIndex")?,
            "logId": { "keyId": STANDARD.encode(log_id) },
            "kindVersion": kind_version(body)?,
            "integratedTime": number(&payload, "integratedTime")?,
            "inclusionPromise": { "signedEntryTimestamp": rekor.text("SignedEntryTimestamp")? },
            "canonicalizedBody": body,
        }]))?,
        "messageSignature": { "signature": bundle.text("base64Signature")? },
    }))
}

/// The certificate, or the public key, or neither: cosign leaves `cert` out when it signs by key.
fn key(bundle: &Fields<'_>, entries: Value) -> Result<Value, Refused> {
    let Some(cert) = bundle
        .optional_text("cert")?
        .filter(|cert| !cert.is_empty())
    else {
        return Ok(json!({ "publicKey": { "hint": "" }, "tlogEntries": entries }));
    };
    let bad = |found: &str| malformed("cert", found);
    let pem = STANDARD
        .decode(cert)
        .map_err(|error| bad(&error.to_string()))?;
    let pem = String::from_utf8(pem).map_err(|_| bad("no PEM text"))?;
    if pem.matches("-----BEGIN").count() != 1 {
        return Err(Refused::new(
            Cause::BundleAmbiguous,
            "not exactly one PEM block in `cert`",
        ));
    }
    if DerPublicKey::from_pem(&pem).is_ok() {
        return Ok(json!({ "publicKey": { "hint": "" }, "tlogEntries": entries }));
    }
    let certificate = DerCertificate::from_pem(&pem)
        .map_err(|error| Refused::new(Cause::CertificateMalformed, error.to_string()))?;
    Ok(json!({
        "x509CertificateChain": { "certificates": [{ "rawBytes": certificate.to_base64() }] },
        "tlogEntries": entries,
    }))
}

/// Integers are numbers here and texts in Sigstore's format.
fn number(payload: &Fields<'_>, key: &str) -> Result<String, Refused> {
    payload
        .need(key)?
        .as_u64()
        .map(|number| number.to_string())
        .ok_or_else(|| malformed(&format!("rekorBundle.Payload.{key}"), "no whole number"))
}

#[derive(Deserialize)]
struct Body {
    kind: String,
    #[serde(rename = "apiVersion")]
    version: String,
}

fn kind_version(body: &str) -> Result<Value, Refused> {
    let bad = |found: String| Refused::new(Cause::EntryMalformed, found);
    let bytes = STANDARD
        .decode(body)
        .map_err(|error| bad(error.to_string()))?;
    let Body { kind, version } =
        serde_json::from_slice(&bytes).map_err(|error| bad(error.to_string()))?;
    Ok(json!({ "kind": kind, "version": version }))
}
