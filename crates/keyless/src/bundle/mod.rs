//! Strict reading of bundles, before the Sigstore libraries see them.
//!
//! The libraries are lenient: they accept repeated keys, unknown fields and a thousand log entries.
//! Two programs may then see two bundles in one file. Hence a bundle is first read here, in four
//! steps: bytes within a limit, JSON without repeated keys ([`json`]), exactly the shape of its
//! format ([`shape`]), and agreement of repeated facts ([`agreement`]). Only the result, a
//! [`StrictBundle`], can be verified.
//!
//! Formats: Sigstore bundles 0.1 to 0.3 (`sigstore_bundle.proto` of sigstore/protobuf-specs), and
//! cosign's older blob format ([`old_format`]).

mod agreement;
mod fields;
mod note;
mod old_format;
mod shape;
mod token;

pub(crate) use note::is_checkpoint;

use std::fmt;

use cpan_sigstore_core::{
    cause::Cause,
    digest::Sha256Digest,
    json::{self, JsonError},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sigstore_verify::types::{
    Bundle, HashAlgorithm, MediaType, SignatureContent, Statement, TimestampToken,
};

/// Largest bundle that is read, in bytes. Real ones have 4 to 40 KiB, mostly the statement of an
/// attestation.
pub use cpan_sigstore_core::bundle::SIZE_LIMIT;

/// The format of a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Format {
    /// Sigstore bundle 0.1.
    #[serde(rename = "sigstore-0.1")]
    V01,
    /// Sigstore bundle 0.2.
    #[serde(rename = "sigstore-0.2")]
    V02,
    /// Sigstore bundle 0.3.
    #[serde(rename = "sigstore-0.3")]
    V03,
    /// Blob format of cosign before version 3, which has no inclusion proof.
    #[serde(rename = "cosign-old")]
    CosignOld,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V01 => "Sigstore bundle 0.1",
            Self::V02 => "Sigstore bundle 0.2",
            Self::V03 => "Sigstore bundle 0.3",
            Self::CosignOld => "cosign's old format (no inclusion proof)",
        })
    }
}

/// A bundle with exactly the shape of its format.
///
/// # Security
///
/// Nothing in it is verified: signatures, proofs and certificates may be forged. The type
/// guarantees only that every reader of these bytes sees the same bundle.
#[derive(Clone, Debug)]
pub struct StrictBundle {
    pub(crate) bundle: Bundle,
    format: Format,
}

/// The reason why a bundle or signature is invalid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {}, found {found}", cause.expected())]
pub struct VerificationFailure {
    /// The cause, with a stable code.
    pub cause: Cause,
    /// The value found instead of [`Cause::expected`].
    pub found: String,
}

impl VerificationFailure {
    /// Creates a failure from a cause and the value that was found.
    pub fn new(cause: Cause, found: impl Into<String>) -> Self {
        Self {
            cause,
            found: found.into(),
        }
    }
}

impl StrictBundle {
    /// Reads a bundle.
    ///
    /// # Errors
    /// [`VerificationFailure`] if the bytes are not exactly one bundle of a known format.
    pub fn parse(bytes: &[u8]) -> Result<Self, VerificationFailure> {
        if bytes.len() > SIZE_LIMIT {
            return Err(VerificationFailure::new(
                Cause::BundleTooLarge,
                format!("{} bytes", bytes.len()),
            ));
        }
        let value = json::parse_object(bytes).map_err(|error| {
            let cause = match &error {
                JsonError::DuplicateKey(_) => Cause::BundleDuplicateKey,
                JsonError::Syntax(_) => Cause::BundleNotJson,
            };
            VerificationFailure::new(cause, error.to_string())
        })?;
        let (value, format) = if old_format::is_old(&value) {
            (old_format::convert(&value)?, Format::CosignOld)
        } else {
            let format = media_type(&value)?;
            shape::check(&value, format)?;
            (without_nulls(value), format)
        };
        let mut bundle: Bundle = serde_json::from_value(value)
            .map_err(|error| VerificationFailure::new(Cause::BundleMalformed, error.to_string()))?;
        let times = &mut bundle.verification_material.timestamp_verification_data;
        for timestamp in &mut times.rfc3161_timestamps {
            let token = token::without_certificates(timestamp.signed_timestamp.as_bytes());
            if let Some(token) = token {
                timestamp.signed_timestamp = TimestampToken::new(token);
            }
        }
        agreement::check(&bundle, format)?;
        Ok(Self { bundle, format })
    }

    /// Returns the format.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Returns the unverified predicate type of an in-toto statement, or `None` for a plain
    /// signature.
    pub fn predicate_type(&self) -> Option<String> {
        let SignatureContent::DsseEnvelope(envelope) = &self.bundle.content else {
            return None;
        };
        let stated = serde_json::from_slice::<Value>(envelope.payload.as_bytes())
            .ok()
            .and_then(|statement| Some(statement.get("predicateType")?.as_str()?.to_owned()));
        Some(stated.unwrap_or_else(|| "none stated".to_owned()))
    }

    /// Returns the unverified SHA-256 digests of the signed bytes.
    pub fn signed_digests(&self) -> Vec<Sha256Digest> {
        match &self.bundle.content {
            SignatureContent::MessageSignature(message) => message
                .message_digest
                .iter()
                .filter(|stated| stated.algorithm == HashAlgorithm::Sha2256)
                .filter_map(|stated| stated.digest.as_bytes().try_into().ok())
                .map(Sha256Digest::new)
                .collect(),
            SignatureContent::DsseEnvelope(envelope) => {
                serde_json::from_slice::<Statement>(envelope.payload.as_bytes())
                    .map(|statement| {
                        let subjects = statement.subject.iter();
                        subjects
                            .filter_map(|subject| subject.digest.sha256)
                            .map(|stated| Sha256Digest::new(*stated.as_bytes()))
                            .collect()
                    })
                    .unwrap_or_default()
            }
            _ => Vec::new(),
        }
    }
}

/// Kind and version in the body of a log entry.
#[derive(Deserialize)]
struct EntryBody {
    kind: String,
    #[serde(rename = "apiVersion")]
    version: String,
}

/// Leaves out the fields that are null. As in protobuf's JSON they are absent, but the library refuses some of them.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.into_iter().filter(|(_, value)| !value.is_null());
            fields
                .map(|(key, value)| (key, without_nulls(value)))
                .collect()
        }
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

fn media_type(value: &Value) -> Result<Format, VerificationFailure> {
    let refused = |found: String| VerificationFailure::new(Cause::BundleMediaType, found);
    let text = match value.get("mediaType") {
        Some(Value::String(text)) => text,
        Some(_) => return Err(refused("one that is not a text".into())),
        None => return Err(refused("none".into())),
    };
    match text.parse::<MediaType>() {
        Ok(MediaType::Bundle0_1) => Ok(Format::V01),
        Ok(MediaType::Bundle0_2) => Ok(Format::V02),
        Ok(MediaType::Bundle0_3) => Ok(Format::V03),
        _ => Err(refused(format!(
            "`{}`",
            text.chars().take(100).collect::<String>()
        ))),
    }
}

#[cfg(test)]
mod tests;
