//! The shape of a Sigstore bundle (`sigstore_bundle.proto`, `sigstore_rekor.proto`).

use cpan_sigstore_core::cause::Cause;
use serde_json::Value;

use super::{
    Format, VerificationFailure,
    fields::{Fields, malformed},
    note::is_checkpoint,
};

/// Most log entries in a bundle: one for each log that a signing configuration may require.
const ENTRY_LIMIT: usize = 4;
/// Most timestamps in a bundle: one for each authority that a signing configuration may require.
const TIMESTAMP_LIMIT: usize = 4;
/// Most certificates in a chain.
const CERTIFICATE_LIMIT: usize = 6;
/// Hashes of a signed file, by their names.
const HASHES: [&str; 3] = ["SHA2_256", "SHA2_384", "SHA2_512"];
/// Most hashes in an inclusion proof. A tree of 2^63 entries has paths of length 63.
const HASH_LIMIT: usize = 63;

/// Checks that the bundle has all fields of its format and no others.
pub(super) fn check(value: &Value, format: Format) -> Result<(), VerificationFailure> {
    let bundle = Fields::top(
        value,
        &[
            "mediaType",
            "verificationMaterial",
            "messageSignature",
            "dsseEnvelope",
        ],
    )?;
    match bundle.one_of(&["messageSignature", "dsseEnvelope"])? {
        "messageSignature" => message_signature(&bundle)?,
        _ => dsse_envelope(&bundle)?,
    }
    let material = bundle.object(
        "verificationMaterial",
        &[
            "certificate",
            "x509CertificateChain",
            "publicKey",
            "tlogEntries",
            "timestampVerificationData",
        ],
    )?;
    key(&material, format)?;
    for entry in material.objects("tlogEntries", ENTRY_LIMIT, &ENTRY)? {
        log_entry(&entry)?;
    }
    timestamps(&material)
}

fn message_signature(bundle: &Fields<'_>) -> Result<(), VerificationFailure> {
    let message = bundle.object("messageSignature", &["messageDigest", "signature"])?;
    message.base64("signature")?;
    if let Some(digest) = message.optional_object("messageDigest", &["algorithm", "digest"])? {
        let algorithm = digest.text("algorithm")?;
        if !HASHES.contains(&algorithm) {
            let algorithm: String = algorithm.chars().take(60).collect();
            return Err(VerificationFailure::new(
                Cause::Unsupported,
                format!("the hash `{algorithm}`"),
            ));
        }
        digest.base64("digest")?;
    }
    Ok(())
}

fn dsse_envelope(bundle: &Fields<'_>) -> Result<(), VerificationFailure> {
    let envelope = bundle.object("dsseEnvelope", &["payload", "payloadType", "signatures"])?;
    envelope.base64("payload")?;
    envelope.text("payloadType")?;
    let signatures = envelope.objects("signatures", usize::MAX, &["sig", "keyid"])?;
    let [signature] = signatures.as_slice() else {
        // Of several signatures, one could be the signer's and another anybody's.
        return Err(VerificationFailure::new(
            Cause::BundleAmbiguous,
            format!("{} signatures in the envelope", signatures.len()),
        ));
    };
    signature.base64("sig")?;
    signature.optional_text("keyid")?;
    Ok(())
}

fn key(material: &Fields<'_>, format: Format) -> Result<(), VerificationFailure> {
    match material.one_of(&["certificate", "x509CertificateChain", "publicKey"])? {
        "certificate" => {
            if format != Format::V03 {
                return Err(malformed(
                    "verificationMaterial",
                    "`certificate`, which only format 0.3 has",
                ));
            }
            material
                .object("certificate", &["rawBytes"])?
                .base64("rawBytes")?;
        }
        "x509CertificateChain" => {
            if format == Format::V03 {
                return Err(malformed(
                    "verificationMaterial",
                    "`x509CertificateChain`, which format 0.3 does not have",
                ));
            }
            let chain = material.object("x509CertificateChain", &["certificates"])?;
            let certificates = chain.objects("certificates", CERTIFICATE_LIMIT, &["rawBytes"])?;
            if certificates.is_empty() {
                return Err(malformed(
                    "verificationMaterial.x509CertificateChain",
                    "no certificate",
                ));
            }
            for certificate in certificates {
                certificate.base64("rawBytes")?;
            }
        }
        _ => {
            let key = material.object("publicKey", &["hint"])?;
            key.optional_text("hint")?;
        }
    }
    Ok(())
}

const ENTRY: [&str; 7] = [
    "logIndex",
    "logId",
    "kindVersion",
    "integratedTime",
    "inclusionPromise",
    "inclusionProof",
    "canonicalizedBody",
];

fn log_entry(entry: &Fields<'_>) -> Result<(), VerificationFailure> {
    entry.object("logId", &["keyId"])?.base64("keyId")?;
    let kind = entry.object("kindVersion", &["kind", "version"])?;
    kind.text("kind")?;
    kind.text("version")?;
    entry.base64("canonicalizedBody")?;
    entry.whole_number("logIndex")?;
    entry.whole_number("integratedTime")?;
    if let Some(promise) = entry.optional_object("inclusionPromise", &["signedEntryTimestamp"])? {
        promise.base64("signedEntryTimestamp")?;
    }
    let proof = entry
        .optional_object(
            "inclusionProof",
            &["logIndex", "rootHash", "treeSize", "hashes", "checkpoint"],
        )?
        .ok_or_else(|| {
            VerificationFailure::new(Cause::InclusionProofMissing, "an entry without a proof")
        })?;
    proof.base64("rootHash")?;
    proof.whole_number("logIndex")?;
    proof.whole_number("treeSize")?;
    proof.base64_list("hashes", HASH_LIMIT)?;
    let envelope = proof
        .optional_object("checkpoint", &["envelope"])?
        .and_then(|checkpoint| checkpoint.optional_text("envelope").transpose())
        .transpose()?
        .filter(|envelope| !envelope.is_empty())
        .ok_or_else(|| {
            VerificationFailure::new(Cause::CheckpointInvalid, "an entry without a checkpoint")
        })?;
    if !is_checkpoint(envelope) {
        return Err(VerificationFailure::new(
            Cause::CheckpointInvalid,
            "an unreadable checkpoint",
        ));
    }
    Ok(())
}

fn timestamps(material: &Fields<'_>) -> Result<(), VerificationFailure> {
    let Some(data) =
        material.optional_object("timestampVerificationData", &["rfc3161Timestamps"])?
    else {
        return Ok(());
    };
    for timestamp in data.objects("rfc3161Timestamps", TIMESTAMP_LIMIT, &["signedTimestamp"])? {
        timestamp.base64("signedTimestamp")?;
    }
    Ok(())
}
