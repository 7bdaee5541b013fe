//! `trusted_root.json` and `signing_config.json` ([protobuf-specs], `sigstore_trustroot.proto`).
//!
//! [protobuf-specs]: https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_trustroot.proto

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use der::Encode;
use jiff::{SignedDuration, Timestamp, Unit};
use serde_json::{Value, json};

use crate::ca::CertificateAuthority;
use crate::ctlog::CtLog;
use crate::key::AuthorityKey;
use crate::rekor::{RekorV1, RekorV2};
use crate::service::Services;
use crate::tsa::{self, TimeStampAuthority};
use crate::x509::{BACKDATED, Certificate};

const OPERATOR: &str = "cpan-sigstore sandbox";

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

/// Version of the transparency log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RekorVersion {
    /// With signed entry timestamps.
    V1,
    /// With tiles. It needs the time stamping authority.
    #[default]
    V2,
}

/// The content of the two documents.
pub(crate) struct Authorities<'a> {
    pub(crate) services: &'a Services,
    pub(crate) ca: &'a CertificateAuthority,
    pub(crate) ct_log: &'a CtLog,
    pub(crate) rekor_v1: &'a RekorV1,
    pub(crate) rekor_v2: &'a RekorV2,
    pub(crate) tsa: &'a TimeStampAuthority,
    /// Time of creation. Everything is valid from the day before.
    pub(crate) now: Timestamp,
}

impl Authorities<'_> {
    /// Returns the trusted root. The validity of the parts in `ended` ended an hour ago.
    pub(crate) fn trusted_root(&self, ended: &[TrustedPart]) -> der::Result<Value> {
        let services = self.services;
        let period = |part| self.valid_for(ended.contains(&part));
        let v1 = log(
            services.rekor_v1.url(),
            self.rekor_v1.key(),
            period(TrustedPart::RekorV1),
        );
        let v2 = log(
            services.rekor_v2.url(),
            self.rekor_v2.key(),
            period(TrustedPart::RekorV2),
        );
        let ct_log = log(
            services.ct_log.url(),
            self.ct_log.key(),
            period(TrustedPart::CtLog),
        );
        let ca = authority(
            services.ca.url(),
            self.ca.trusted_chain(),
            period(TrustedPart::CertificateAuthority),
        )?;
        let tsa = authority(
            &self.tsa_url(),
            self.tsa.trusted_chain(),
            period(TrustedPart::TimeStampAuthority),
        )?;
        Ok(json!({
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [v1, v2],
            "certificateAuthorities": [ca],
            "ctlogs": [ct_log],
            "timestampAuthorities": [tsa],
        }))
    }

    /// Returns the signing configuration with this log, with or without the time stamping
    /// authority.
    pub(crate) fn signing_config(&self, rekor: RekorVersion, with_tsa: bool) -> Value {
        let start = seconds(self.now - BACKDATED);
        let service = |url: &str, version: u32| {
            json!({
                "url": url,
                "majorApiVersion": version,
                "validFor": { "start": start },
                "operator": OPERATOR,
            })
        };
        let rekor = match rekor {
            RekorVersion::V1 => service(self.services.rekor_v1.url(), 1),
            RekorVersion::V2 => service(self.services.rekor_v2.url(), 2),
        };
        let tsa: Vec<Value> = with_tsa
            .then(|| service(&self.tsa_url(), 1))
            .into_iter()
            .collect();
        json!({
            "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
            "caUrls": [service(self.services.ca.url(), 1)],
            "oidcUrls": [service(self.services.oidc.url(), 1)],
            "rekorTlogUrls": [rekor],
            "rekorTlogConfig": { "selector": "ANY" },
            "tsaUrls": tsa,
            "tsaConfig": { "selector": "ANY" },
        })
    }

    fn tsa_url(&self) -> String {
        format!("{}{}", self.services.tsa.url(), tsa::PATH)
    }

    fn valid_for(&self, has_ended: bool) -> Value {
        let mut period = json!({ "start": seconds(self.now - BACKDATED) });
        if has_ended {
            period["end"] = seconds(self.now - SignedDuration::from_hours(1)).into();
        }
        period
    }
}

fn log(url: &str, key: &AuthorityKey, valid_for: Value) -> Value {
    json!({
        "baseUrl": url,
        "hashAlgorithm": "SHA2_256",
        "publicKey": {
            "rawBytes": BASE64.encode(key.spki()),
            "keyDetails": "PKIX_ECDSA_P256_SHA_256",
            "validFor": valid_for,
        },
        "logId": { "keyId": BASE64.encode(key.id()) },
    })
}

/// Returns an authority with its chain, root last.
fn authority(url: &str, chain: [&Certificate; 2], valid_for: Value) -> der::Result<Value> {
    let certificates = chain
        .into_iter()
        .map(|certificate| Ok(json!({ "rawBytes": BASE64.encode(certificate.to_der()?) })))
        .collect::<der::Result<Vec<_>>>()?;
    Ok(json!({
        "subject": { "organization": OPERATOR, "commonName": "sandbox" },
        "uri": url,
        "certChain": { "certificates": certificates },
        "validFor": valid_for,
    }))
}

/// Returns RFC 3339 in whole seconds.
fn seconds(at: Timestamp) -> String {
    at.round(Unit::Second).unwrap_or(at).to_string()
}
