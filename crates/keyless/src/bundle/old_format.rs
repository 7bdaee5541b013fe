//! The blob bundle of cosign before version 3, which still exists on CPAN as `.sigstore.json`.
//!
//! `{base64Signature, cert, rekorBundle: {SignedEntryTimestamp, Payload: {body, integratedTime,
//! logIndex, logID}}}` has no media type and no inclusion proof. It relies on the log's signed
//! promise alone. It is converted to a Sigstore bundle 0.1 without a proof, so that one verifier
//! serves both formats.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use cpan_sigstore_core::cause::Cause;
use serde_json::{Value, json};
use sigstore_verify::types::{DerCertificate, DerPublicKey, MediaType};

use super::{
    EntryBody, VerificationFailure,
    fields::{Fields, malformed},
};

/// Returns whether a bundle is in the old format.
pub(super) fn is_old(value: &Value) -> bool {
    value.get("base64Signature").is_some() && value.get("mediaType").is_none()
}

/// Converts the bundle to the shape of Sigstore's format 0.1.
pub(super) fn convert(value: &Value) -> Result<Value, VerificationFailure> {
    let bundle = Fields::top(value, &["base64Signature", "cert", "rekorBundle"])?;
    let rekor = bundle
        .optional_object("rekorBundle", &["SignedEntryTimestamp", "Payload"])?
        .ok_or_else(|| {
            VerificationFailure::new(Cause::InclusionProofMissing, "no `rekorBundle`")
        })?;
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

/// Converts certificate or public key. Cosign omits `cert` if it signs with a key.
fn key(bundle: &Fields<'_>, entries: Value) -> Result<Value, VerificationFailure> {
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
    let pem = String::from_utf8(pem).map_err(|_| bad("not a PEM text"))?;
    if pem.matches("-----BEGIN").count() != 1 {
        return Err(VerificationFailure::new(
            Cause::BundleAmbiguous,
            "not exactly one PEM block in `cert`",
        ));
    }
    if DerPublicKey::from_pem(&pem).is_ok() {
        return Ok(json!({ "publicKey": { "hint": "" }, "tlogEntries": entries }));
    }
    let certificate = DerCertificate::from_pem(&pem).map_err(|error| {
        VerificationFailure::new(Cause::CertificateMalformed, error.to_string())
    })?;
    Ok(json!({
        "x509CertificateChain": { "certificates": [{ "rawBytes": certificate.to_base64() }] },
        "tlogEntries": entries,
    }))
}

/// Converts an integer, which Sigstore's format writes as a text.
fn number(payload: &Fields<'_>, key: &str) -> Result<String, VerificationFailure> {
    payload
        .need(key)?
        .as_u64()
        .map(|number| number.to_string())
        .ok_or_else(|| malformed(&format!("rekorBundle.Payload.{key}"), "not a whole number"))
}

fn kind_version(body: &str) -> Result<Value, VerificationFailure> {
    let bad = |found: String| VerificationFailure::new(Cause::EntryMalformed, found);
    let bytes = STANDARD
        .decode(body)
        .map_err(|error| bad(error.to_string()))?;
    let EntryBody { kind, version } =
        serde_json::from_slice(&bytes).map_err(|error| bad(error.to_string()))?;
    Ok(json!({ "kind": kind, "version": version }))
}
