//! `trusted_root.json` and `signing_config.json` ([protobuf-specs], `sigstore_trustroot.proto`).
//!
//! [protobuf-specs]: https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_trustroot.proto

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use der::Encode;
use jiff::{SignedDuration, Timestamp, Unit};
use serde_json::{Value, json};

use crate::key::AuthorityKey;
use crate::x509::{BACKDATED, Certificate};

/// A part of the trusted root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrustedPart {
    /// The certificate authority.
    CertificateAuthority,
    /// The Certificate Transparency log.
    CtLog,
    /// The transparency log, version 1.
    RekorV1,
    /// The transparency log, version 2.
    RekorV2,
    /// The time stamping authority.
    TimeStampAuthority,
}

/// Which version of the transparency log a client is to use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RekorVersion {
    /// With signed entry timestamps.
    V1,
    /// With tiles; needs the time stamping authority.
    #[default]
    V2,
}

/// When what is trusted is so.
pub(crate) struct Trust<'a> {
    pub(crate) now: Timestamp,
    /// The parts whose time ended an hour ago.
    pub(crate) ended: &'a [TrustedPart],
}

impl Trust<'_> {
    fn valid_for(&self, part: TrustedPart) -> Value {
        let mut period = json!({ "start": seconds(self.now - BACKDATED) });
        if self.ended.contains(&part) {
            period["end"] = seconds(self.now - SignedDuration::from_hours(1)).into();
        }
        period
    }

    /// A log with its key.
    pub(crate) fn log(&self, part: TrustedPart, url: &str, key: &AuthorityKey) -> Value {
        json!({
            "baseUrl": url,
            "hashAlgorithm": "SHA2_256",
            "publicKey": {
                "rawBytes": BASE64.encode(key.spki()),
                "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                "validFor": self.valid_for(part),
            },
            "logId": { "keyId": BASE64.encode(key.id()) },
        })
    }

    /// An authority with its chain, root last.
    pub(crate) fn authority(
        &self,
        part: TrustedPart,
        url: &str,
        chain: [&Certificate; 2],
    ) -> der::Result<Value> {
        let certificates = chain
            .into_iter()
            .map(|certificate| Ok(json!({ "rawBytes": BASE64.encode(certificate.to_der()?) })))
            .collect::<der::Result<Vec<_>>>()?;
        Ok(json!({
            "subject": { "organization": "cpan-sigstore sandbox", "commonName": "sandbox" },
            "uri": url,
            "certChain": { "certificates": certificates },
            "validFor": self.valid_for(part),
        }))
    }
}

/// The trusted root with these parts.
pub(crate) fn trusted_root(
    authority: &Value,
    ct_log: &Value,
    rekor: [&Value; 2],
    tsa: &Value,
) -> Value {
    json!({
        "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
        "tlogs": rekor,
        "certificateAuthorities": [authority],
        "ctlogs": [ct_log],
        "timestampAuthorities": [tsa],
    })
}

/// The addresses for a signing configuration.
pub(crate) struct Endpoints<'a> {
    pub(crate) ca: &'a str,
    pub(crate) oidc: &'a str,
    pub(crate) rekor: (&'a str, RekorVersion),
    pub(crate) tsa: Option<&'a str>,
}

/// The signing configuration for these addresses.
pub(crate) fn signing_config(endpoints: &Endpoints<'_>, now: Timestamp) -> Value {
    let start = seconds(now - BACKDATED);
    let service = |url: &str, version: u32| {
        json!({
            "url": url,
            "majorApiVersion": version,
            "validFor": { "start": start },
            "operator": "cpan-sigstore sandbox",
        })
    };
    let (rekor, version) = endpoints.rekor;
    let version = match version {
        RekorVersion::V1 => 1,
        RekorVersion::V2 => 2,
    };
    let tsa: Vec<Value> = endpoints.tsa.iter().map(|url| service(url, 1)).collect();
    json!({
        "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
        "caUrls": [service(endpoints.ca, 1)],
        "oidcUrls": [service(endpoints.oidc, 1)],
        "rekorTlogUrls": [service(rekor, version)],
        "rekorTlogConfig": { "selector": "ANY" },
        "tsaUrls": tsa,
        "tsaConfig": { "selector": "ANY" },
    })
}

/// RFC 3339 in whole seconds.
fn seconds(at: Timestamp) -> String {
    at.round(Unit::Second).unwrap_or(at).to_string()
}
