//! Reading bundles strictly, before any library sees them.
//!
//! The Sigstore libraries read leniently: a key that stands twice, a field nobody knows or a
//! thousand log entries pass. Two programs may then see two bundles in one file. So a bundle is
//! read here first: bytes within a limit, JSON with each key once ([`json`](crate::json)), the shape of its
//! format and nothing else ([`shape`]), repeated facts that agree ([`agreement`]). Only the result,
//! [`StrictBundle`], can be verified.
//!
//! Formats: Sigstore bundles 0.1 to 0.3 (`sigstore_bundle.proto` of sigstore/protobuf-specs), and
//! cosign's older blob format ([`old_format`]).

mod agreement;
mod fields;
mod old_format;
mod shape;

use std::fmt;

use crate::json::{self, JsonError};
use cpan_sigstore_core::{cause::Cause, digest::Sha256Digest};
use serde::Serialize;
use serde_json::Value;
use sigstore_verify::types::{Bundle, HashAlgorithm, MediaType, SignatureContent, Statement};

/// Largest bundle that is read, in bytes. Real ones have 4 to 40 KiB; most of it is the statement
/// of an attestation.
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
    /// The blob format of cosign before version 3, which has no inclusion proof.
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

/// A bundle that has exactly the shape of its format.
///
/// # Security
///
/// Nothing in it was verified: signatures, proofs and certificates may all be forged. What is sure
/// is that every reader of these bytes sees the same bundle.
#[derive(Clone, Debug)]
pub struct StrictBundle {
    pub(crate) bundle: Bundle,
    format: Format,
}

/// A bundle that was refused, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {}, found {found}", cause.expected())]
pub struct Refused {
    /// The reason.
    pub cause: Cause,
    /// What was found instead of what [`Cause::expected`] says.
    pub found: String,
}

impl Refused {
    /// A refusal with what was found.
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
    /// Where the bytes are not exactly one bundle of a known format.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refused> {
        if bytes.len() > SIZE_LIMIT {
            return Err(Refused::new(
                Cause::BundleTooLarge,
                format!("{} bytes", bytes.len()),
            ));
        }
        let value = json::parse(bytes).map_err(|error| {
            let cause = match &error {
                JsonError::DuplicateKey(_) => Cause::BundleDuplicateKey,
                JsonError::Syntax(_) => Cause::BundleNotJson,
            };
            Refused::new(cause, error.to_string())
        })?;
        let (value, format) = if old_format::is_old(&value) {
            (old_format::convert(&value)?, Format::CosignOld)
        } else {
            let format = media_type(&value)?;
            shape::check(&value, format)?;
            (value, format)
        };
        let bundle: Bundle = serde_json::from_value(value)
            .map_err(|error| Refused::new(Cause::BundleMalformed, error.to_string()))?;
        agreement::check(&bundle, format)?;
        Ok(Self { bundle, format })
    }

    /// Its format.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The predicate type of an in-toto statement, unverified; `None` for a plain signature.
    pub fn predicate_type(&self) -> Option<String> {
        let SignatureContent::DsseEnvelope(envelope) = &self.bundle.content else {
            return None;
        };
        let stated = serde_json::from_slice::<Value>(envelope.payload.as_bytes())
            .ok()
            .and_then(|statement| Some(statement.get("predicateType")?.as_str()?.to_owned()));
        Some(stated.unwrap_or_else(|| "none stated".to_owned()))
    }

    /// The SHA-256 digests it says it is about, unverified.
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

fn media_type(value: &Value) -> Result<Format, Refused> {
    let refused = |found: String| Refused::new(Cause::BundleMediaType, found);
    let text = match value.get("mediaType") {
        Some(Value::String(text)) => text,
        Some(_) => return Err(refused("one that is no text".into())),
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
