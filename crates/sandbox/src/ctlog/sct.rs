//! Signed certificate timestamps and the extensions around them (RFC 6962, sections 3.1 to 3.3).

use const_oid::ObjectIdentifier;
use der::Encode;
use der::asn1::{Null, OctetString};
use x509_cert::certificate::TbsCertificate;
use x509_cert::ext::Extension;

use crate::x509;

const SCT_LIST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.11129.2.4.2");
pub(super) const POISON: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.11129.2.4.3");

/// The log's promise to publish a certificate.
#[derive(Clone, Debug)]
pub(crate) struct SignedCertificateTimestamp {
    pub(super) log_id: [u8; 32],
    /// Milliseconds since 1970.
    pub(super) timestamp: u64,
    /// ECDSA in DER.
    pub(super) signature: Vec<u8>,
}

impl SignedCertificateTimestamp {
    fn serialize(&self) -> Vec<u8> {
        [
            &[0][..],
            &self.log_id,
            &self.timestamp.to_be_bytes(),
            // No extensions.
            &[0, 0],
            &digitally_signed(&self.signature),
        ]
        .concat()
    }
}

/// Returns TLS's `digitally-signed` with SHA-256 (4) and ECDSA (3).
pub(super) fn digitally_signed(signature: &[u8]) -> Vec<u8> {
    [&[4, 3][..], &prefixed(2, signature)].concat()
}

/// Returns the signature in a `digitally-signed` of [`digitally_signed`].
pub(super) fn undo_digitally_signed(bytes: &[u8]) -> Option<&[u8]> {
    let [4, 3, high, low, signature @ ..] = bytes else {
        return None;
    };
    (usize::from(u16::from_be_bytes([*high, *low])) == signature.len()).then_some(signature)
}

/// Returns a TLS vector: the length in `width` bytes, then the content, which must fit.
pub(super) fn prefixed(width: usize, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    [&length[length.len() - width..], content].concat()
}

/// Returns the extension with the SCTs of a final certificate.
pub(crate) fn sct_list_extension(scts: &[SignedCertificateTimestamp]) -> der::Result<Extension> {
    let scts: Vec<u8> = scts
        .iter()
        .flat_map(|sct| prefixed(2, &sct.serialize()))
        .collect();
    x509::extension(
        SCT_LIST,
        false,
        OctetString::new(prefixed(2, &scts))?.to_der()?,
    )
}

/// Returns the critical extension that makes a certificate unusable except for the log.
pub(crate) fn poison_extension() -> der::Result<Extension> {
    x509::extension(POISON, true, Null.to_der()?)
}

/// Returns whether a certificate has SCTs.
pub(crate) fn has_sct_list(tbs: &TbsCertificate) -> bool {
    tbs.extensions
        .iter()
        .flatten()
        .any(|extension| extension.extn_id == SCT_LIST)
}
