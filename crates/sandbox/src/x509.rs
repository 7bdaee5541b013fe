//! Certificates, built by hand so that an authority can make errors in them ([RFC 5280]).
//!
//! [RFC 5280]: https://www.rfc-editor.org/rfc/rfc5280

use std::str::FromStr;
use std::time::Duration;

use const_oid::{AssociatedOid, ObjectIdentifier, db};
use der::asn1::{BitString, GeneralizedTime, OctetString, UtcTime};
use der::pem::LineEnding;
use der::{Decode, DecodePem, Encode, EncodePem};
use jiff::{SignedDuration, Timestamp};
use rand_core::{OsRng, RngCore};
use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned, SubjectPublicKeyInfoRef};
use x509_cert::certificate::{TbsCertificate, Version};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages,
    SubjectKeyIdentifier,
};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::{Time, Validity};

pub(crate) use x509_cert::Certificate;

use crate::key::{AuthorityKey, ClientKey};

/// How long before the start authorities' certificates become valid.
pub(crate) const BACKDATED: SignedDuration = SignedDuration::from_hours(24 * 60);
const AUTHORITY_LIFETIME: SignedDuration = SignedDuration::from_hours(24 * 3650);

/// A certificate and its key.
pub(crate) struct Holder {
    pub(crate) certificate: Certificate,
    pub(crate) key: AuthorityKey,
}

/// Returns the signature algorithm of every authority: ECDSA over P-256 with SHA-256.
pub(crate) fn ecdsa_sha256() -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned {
        oid: db::rfc5912::ECDSA_WITH_SHA_256,
        parameters: None,
    }
}

/// Signs a certificate body.
pub(crate) fn sign(tbs: TbsCertificate, key: &AuthorityKey) -> der::Result<Certificate> {
    let signature = key.sign(&tbs.to_der()?);
    Ok(Certificate {
        signature_algorithm: tbs.signature.clone(),
        signature: BitString::from_bytes(&signature)?,
        tbs_certificate: tbs,
    })
}

/// Returns whether `issuer` signed `certificate`.
pub(crate) fn is_signed_by(certificate: &Certificate, issuer: &Certificate) -> bool {
    let key = issuer
        .tbs_certificate
        .subject_public_key_info
        .to_der()
        .ok()
        .and_then(|spki| ClientKey::from_spki(&spki).ok());
    match (
        key,
        certificate.tbs_certificate.to_der(),
        certificate.signature.as_bytes(),
    ) {
        (Some(key), Ok(tbs), Some(signature)) => key.verify(&tbs, signature),
        _ => false,
    }
}

/// Returns a certificate body with a random serial number and without extensions.
pub(crate) fn body(
    subject: Name,
    issuer: Name,
    validity: Validity,
    spki: &[u8],
) -> der::Result<TbsCertificate> {
    let mut serial = [0; 16];
    OsRng.fill_bytes(&mut serial);
    // Positive, and of full length.
    serial[0] = serial[0] & 0x7f | 0x40;
    Ok(TbsCertificate {
        version: Version::V3,
        serial_number: SerialNumber::new(&serial)?,
        signature: ecdsa_sha256(),
        issuer,
        validity,
        subject,
        subject_public_key_info: SubjectPublicKeyInfoOwned::from_der(spki)?,
        issuer_unique_id: None,
        subject_unique_id: None,
        extensions: None,
    })
}

/// Creates a self-signed root.
pub(crate) fn root(common_name: &str, now: Timestamp) -> der::Result<Holder> {
    let key = AuthorityKey::generate()?;
    let name = name(common_name)?;
    let mut tbs = body(name.clone(), name, lifetime(now)?, key.spki())?;
    tbs.extensions = Some(vec![
        extension_of(
            true,
            &BasicConstraints {
                ca: true,
                path_len_constraint: None,
            },
        )?,
        extension_of(true, &KeyUsage(KeyUsages::KeyCertSign | KeyUsages::CRLSign))?,
        key_identifier(key.spki())?,
    ]);
    Ok(Holder {
        certificate: sign(tbs, &key)?,
        key,
    })
}

/// Creates an authority below `root` that issues certificates for `purpose`.
pub(crate) fn intermediate(
    common_name: &str,
    root: &Holder,
    purpose: ObjectIdentifier,
    validity: Validity,
) -> der::Result<Holder> {
    let key = AuthorityKey::generate()?;
    let issuer = root.certificate.tbs_certificate.subject.clone();
    let mut tbs = body(name(common_name)?, issuer, validity, key.spki())?;
    tbs.extensions = Some(vec![
        extension_of(
            true,
            &BasicConstraints {
                ca: true,
                path_len_constraint: Some(0),
            },
        )?,
        extension_of(true, &KeyUsage(KeyUsages::KeyCertSign | KeyUsages::CRLSign))?,
        extension_of(false, &ExtendedKeyUsage(vec![purpose]))?,
        key_identifier(key.spki())?,
        issuer_identifier(root)?,
    ]);
    Ok(Holder {
        certificate: sign(tbs, &root.key)?,
        key,
    })
}

/// Returns a name in the sandbox.
pub(crate) fn name(common_name: &str) -> der::Result<Name> {
    Name::from_str(&format!("CN={common_name},O=cpan-sigstore sandbox"))
}

/// Returns the validity of an authority's certificate.
pub(crate) fn lifetime(now: Timestamp) -> der::Result<Validity> {
    validity(now - BACKDATED, now + AUTHORITY_LIFETIME)
}

/// Returns a validity in whole seconds.
pub(crate) fn validity(from: Timestamp, to: Timestamp) -> der::Result<Validity> {
    Ok(Validity {
        not_before: time(from)?,
        not_after: time(to)?,
    })
}

/// Returns UTCTime until 2049, GeneralizedTime after (RFC 5280, section 4.1.2.5).
pub(crate) fn time(at: Timestamp) -> der::Result<Time> {
    let seconds = u64::try_from(at.as_second()).map_err(|_| der::ErrorKind::DateTime)?;
    let seconds = Duration::from_secs(seconds);
    UtcTime::from_unix_duration(seconds)
        .map(Time::UtcTime)
        .or_else(|_| GeneralizedTime::from_unix_duration(seconds).map(Time::GeneralTime))
}

/// Returns an extension whose type knows its identifier.
pub(crate) fn extension_of<T: AssociatedOid + Encode>(
    critical: bool,
    value: &T,
) -> der::Result<Extension> {
    extension(T::OID, critical, value.to_der()?)
}

/// Returns an extension with these bytes as its value.
pub(crate) fn extension(
    oid: ObjectIdentifier,
    critical: bool,
    value: Vec<u8>,
) -> der::Result<Extension> {
    Ok(Extension {
        extn_id: oid,
        critical,
        extn_value: OctetString::new(value)?,
    })
}

/// Returns the subject key identifier of a key.
pub(crate) fn key_identifier(spki: &[u8]) -> der::Result<Extension> {
    let key = SubjectPublicKeyInfoRef::from_der(spki)?;
    extension_of(false, &SubjectKeyIdentifier::try_from(key)?)
}

/// Returns the authority key identifier for certificates of `issuer`.
pub(crate) fn issuer_identifier(issuer: &Holder) -> der::Result<Extension> {
    let key = SubjectPublicKeyInfoRef::from_der(issuer.key.spki())?;
    extension_of(false, &AuthorityKeyIdentifier::try_from(key)?)
}

/// Returns a certificate in PEM.
pub(crate) fn pem(certificate: &Certificate) -> der::Result<String> {
    certificate.to_pem(LineEnding::LF)
}

/// Reads a certificate in PEM.
pub(crate) fn from_pem(pem: &str) -> der::Result<Certificate> {
    Certificate::from_pem(pem.trim_ascii())
}
