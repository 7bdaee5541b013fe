//! Whether an authority of the trusted root issued a certificate.

use der::{Decode as _, Encode as _, asn1::ObjectIdentifier};
use jiff::Timestamp;
use sigstore_verify::{
    crypto::{KeyAlgorithm, VerificationKey},
    trust_root::TrustedRoot,
    types::{DerCertificate, DerPublicKey, HashAlgorithm, SignatureBytes, TimeRange},
};
use x509_cert::{Certificate, ext::pkix::ExtendedKeyUsage};

/// Code signing, the usage of every certificate of Fulcio.
const CODE_SIGNING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.3");
/// Signatures with ECDSA, by their hash.
const ECDSA_HASHES: [(ObjectIdentifier, HashAlgorithm); 3] = [
    (
        ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2"),
        HashAlgorithm::Sha2256,
    ),
    (
        ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3"),
        HashAlgorithm::Sha2384,
    ),
    (
        ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4"),
        HashAlgorithm::Sha2512,
    ),
];

/// The certificates of all authorities, with the time in which each is trusted.
pub(super) struct Authorities(Vec<(DerCertificate, Option<TimeRange>)>);

impl Authorities {
    pub fn new(root: &TrustedRoot) -> Self {
        let authorities = root.certificate_authorities.iter();
        let certificates = authorities.flat_map(|authority| {
            let certificates = authority.cert_chain.certificates.iter();
            certificates.map(|it| (it.raw_bytes.clone(), authority.valid_for))
        });
        Self(certificates.collect())
    }

    /// Whether one of them issued a certificate for signatures, at a time when it was trusted.
    pub fn issued(&self, certificate: &DerCertificate, at: Timestamp) -> bool {
        let Ok(leaf) = Certificate::from_der(certificate.as_bytes()) else {
            return false;
        };
        let usage = leaf.tbs_certificate.get::<ExtendedKeyUsage>();
        let is_for_code = matches!(usage, Ok(Some((_, ExtendedKeyUsage(usages)))) if usages.contains(&CODE_SIGNING));
        is_for_code
            && self
                .0
                .iter()
                .filter(|(_, period)| period.is_none_or(|period| period.contains(at)))
                .any(|(authority, _)| is_issuer(authority, &leaf))
    }
}

fn is_issuer(authority: &DerCertificate, leaf: &Certificate) -> bool {
    let Ok(authority) = Certificate::from_der(authority.as_bytes()) else {
        return false;
    };
    let authority = authority.tbs_certificate;
    if authority.subject != leaf.tbs_certificate.issuer
        || leaf.signature_algorithm != leaf.tbs_certificate.signature
    {
        return false;
    }
    let (Ok(key), Ok(signed), Some(signature)) = (
        authority.subject_public_key_info.to_der(),
        leaf.tbs_certificate.to_der(),
        leaf.signature.as_bytes(),
    ) else {
        return false;
    };
    let signature = SignatureBytes::new(signature.to_vec());
    key_of(&DerPublicKey::new(key), &leaf.signature_algorithm.oid)
        .is_some_and(|key| key.verify(signed, &signature).is_ok())
}

/// The key of an authority, for the algorithm that the certificate states.
fn key_of(key: &DerPublicKey, algorithm: &ObjectIdentifier) -> Option<VerificationKey> {
    let hash = ECDSA_HASHES.iter().find(|(oid, _)| oid == algorithm);
    match hash {
        Some((_, hash)) => {
            let scheme = KeyAlgorithm::from_spki(key)
                .ok()?
                .resolve_signing_scheme(*hash)
                .ok()?;
            VerificationKey::from_spki_with_scheme(key, scheme).ok()
        }
        None => VerificationKey::from_spki(key).ok(),
    }
}
