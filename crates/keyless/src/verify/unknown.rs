//! The logs and authorities that a bundle names, and whether the trusted root has them.
//!
//! A root that is older than a log or an authority does not have it. So nothing is known of such a bundle: it may be
//! genuine. What is not named, or cannot be read, is left to the verification that follows.

use cms::{
    content_info::ContentInfo,
    signed_data::{SignedData, SignerIdentifier},
};
use cpan_sigstore_core::cause::Cause;
use der::{
    Decode as _, Encode as _,
    asn1::{ObjectIdentifier, OctetString},
};
use sigstore_verify::{
    trust_root::TrustedRoot,
    types::{Bundle, DerCertificate, LogKeyId},
};
use x509_cert::{
    Certificate,
    ext::pkix::{AuthorityKeyIdentifier, SubjectKeyIdentifier},
};
use x509_tsp::TimeStampResp;

use crate::bundle::VerificationFailure;

/// The extension with the answers of certificate logs (RFC 6962, 3.3).
const CERTIFICATE_TIMESTAMPS: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.3.6.1.4.1.11129.2.4.2");
/// The place of the log's id behind the lengths of the list and of the first answer, and behind its version.
const LOG_ID: std::ops::Range<usize> = 5..37;

/// A log or an authority that a bundle names, and that the trusted root does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the trusted root does not have {what} {name}")]
pub struct UnknownAuthority {
    /// The kind, with an article.
    pub what: &'static str,
    /// Its name in the bundle.
    pub name: String,
    cause: Cause,
}

impl UnknownAuthority {
    pub(crate) fn new(what: &'static str, name: String, cause: Cause) -> Self {
        Self { what, name, cause }
    }
}

impl From<UnknownAuthority> for VerificationFailure {
    fn from(unknown: UnknownAuthority) -> Self {
        Self::new(unknown.cause, unknown.to_string())
    }
}

/// The names of all logs and authorities of a trusted root.
pub(super) struct KnownAuthorities {
    logs: Vec<LogKeyId>,
    certificate_logs: Vec<LogKeyId>,
    authorities: Vec<Name>,
    timestamp_authorities: Vec<Name>,
}

/// The name of a certificate, by which others refer to it.
struct Name {
    subject: Vec<u8>,
    key_id: Option<Vec<u8>>,
    issuer: Vec<u8>,
    serial: Vec<u8>,
}

impl KnownAuthorities {
    pub fn new(root: &TrustedRoot) -> Self {
        let authorities = root.certificate_authorities.iter();
        let authorities = authorities.flat_map(|it| &it.cert_chain.certificates);
        let timestamp_authorities = root.timestamp_authorities.iter();
        let timestamp_authorities =
            timestamp_authorities.flat_map(|it| &it.cert_chain.certificates);
        Self {
            logs: root
                .tlogs
                .iter()
                .map(|it| it.log_id.key_id.clone())
                .collect(),
            certificate_logs: root
                .ctlogs
                .iter()
                .map(|it| it.log_id.key_id.clone())
                .collect(),
            authorities: authorities
                .filter_map(|it| Name::of(&it.raw_bytes))
                .collect(),
            timestamp_authorities: timestamp_authorities
                .filter_map(|it| Name::of(&it.raw_bytes))
                .collect(),
        }
    }

    /// Finds a log or an authority that a bundle names and the trusted root does not have.
    ///
    /// # Errors
    /// [`UnknownAuthority`] with its name.
    pub fn check(
        &self,
        bundle: &Bundle,
        certificate: Option<&DerCertificate>,
    ) -> Result<(), UnknownAuthority> {
        let material = &bundle.verification_material;
        for entry in &material.tlog_entries {
            if !self.logs.contains(&entry.log_id.key_id) {
                let id = entry.log_id.key_id.to_string();
                return Err(UnknownAuthority::new("the log", id, Cause::LogUnknown));
            }
        }
        if let Some(certificate) = certificate.and_then(parsed) {
            self.check_certificate(&certificate)?;
        }
        for timestamp in &material.timestamp_verification_data.rfc3161_timestamps {
            let signer = signer(timestamp.signed_timestamp.as_bytes());
            let is_known = |signer| self.timestamp_authorities.iter().any(|it| it.is(signer));
            if signer.as_ref().is_some_and(|signer| !is_known(signer)) {
                return Err(UnknownAuthority::new(
                    "the timestamp authority",
                    shown(signer.as_ref()),
                    Cause::TimestampInvalid,
                ));
            }
        }
        Ok(())
    }

    fn check_certificate(&self, certificate: &Certificate) -> Result<(), UnknownAuthority> {
        let fields = &certificate.tbs_certificate;
        let Ok(issuer) = fields.issuer.to_der() else {
            return Ok(());
        };
        let key_id = authority_key_id(certificate);
        let is_issuer = |name: &Name| {
            let both = name.key_id.as_ref().zip(key_id.as_ref());
            name.subject == issuer && both.is_none_or(|(one, other)| one == other)
        };
        if !self.authorities.iter().any(is_issuer) {
            return Err(UnknownAuthority::new(
                "the authority",
                fields.issuer.to_string(),
                Cause::CertificateUntrusted,
            ));
        }
        match certificate_log(certificate) {
            Some(log) if !self.certificate_logs.contains(&log) => Err(UnknownAuthority::new(
                "the certificate log",
                log.to_string(),
                Cause::SctInvalid,
            )),
            _ => Ok(()),
        }
    }
}

impl Name {
    fn of(certificate: &DerCertificate) -> Option<Self> {
        let certificate = parsed(certificate)?;
        let fields = &certificate.tbs_certificate;
        let key_id = fields.get::<SubjectKeyIdentifier>().ok().flatten();
        Some(Self {
            subject: fields.subject.to_der().ok()?,
            key_id: key_id.map(|(_, id)| id.0.as_bytes().to_vec()),
            issuer: fields.issuer.to_der().ok()?,
            serial: fields.serial_number.as_bytes().to_vec(),
        })
    }

    fn is(&self, signer: &SignerIdentifier) -> bool {
        match signer {
            SignerIdentifier::IssuerAndSerialNumber(place) => {
                place.issuer.to_der().is_ok_and(|it| it == self.issuer)
                    && place.serial_number.as_bytes() == self.serial
            }
            SignerIdentifier::SubjectKeyIdentifier(id) => {
                self.key_id.as_deref() == Some(id.0.as_bytes())
            }
        }
    }
}

fn parsed(certificate: &DerCertificate) -> Option<Certificate> {
    Certificate::from_der(certificate.as_bytes()).ok()
}

fn authority_key_id(certificate: &Certificate) -> Option<Vec<u8>> {
    let fields = &certificate.tbs_certificate;
    let (_, id) = fields.get::<AuthorityKeyIdentifier>().ok().flatten()?;
    Some(id.key_identifier?.as_bytes().to_vec())
}

/// The log that signed the first embedded answer.
fn certificate_log(certificate: &Certificate) -> Option<LogKeyId> {
    let mut extensions = certificate.tbs_certificate.extensions.iter().flatten();
    let answers = extensions.find(|it| it.extn_id == CERTIFICATE_TIMESTAMPS)?;
    let answers = OctetString::from_der(answers.extn_value.as_bytes()).ok()?;
    Some(LogKeyId::from_bytes(answers.as_bytes().get(LOG_ID)?))
}

/// The signer that a timestamp names.
fn signer(token: &[u8]) -> Option<SignerIdentifier> {
    let content = match TimeStampResp::from_der(token) {
        Ok(reply) => reply.time_stamp_token?,
        Err(_) => ContentInfo::from_der(token).ok()?,
    };
    let signed = content.content.decode_as::<SignedData>().ok()?;
    let mut signers = signed.signer_infos.0.into_vec().into_iter();
    signers.next().map(|signer| signer.sid)
}

fn shown(signer: Option<&SignerIdentifier>) -> String {
    match signer {
        Some(SignerIdentifier::IssuerAndSerialNumber(place)) => {
            format!("{} by {}", place.serial_number, place.issuer)
        }
        _ => "with another key".to_owned(),
    }
}
