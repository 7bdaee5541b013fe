//! The time-stamp token: TSTInfo in a CMS SignedData (RFC 3161, section 2.4.2; RFC 5652).

use cms::cert::{CertificateChoices, IssuerAndSerialNumber};
use cms::content_info::{CmsVersion, ContentInfo};
use cms::signed_data::{
    EncapsulatedContentInfo, SignedAttributes, SignedData, SignerIdentifier, SignerInfo,
};
use const_oid::ObjectIdentifier;
use const_oid::db::rfc5911::{ID_CONTENT_TYPE, ID_MESSAGE_DIGEST, ID_SIGNED_DATA, ID_SIGNING_TIME};
use const_oid::db::rfc5912::ID_SHA_256;
use der::asn1::{Int, OctetString, SetOfVec};
use der::{Any, Decode, Encode, Sequence};
use rand_core::{OsRng, RngCore};
use sha2::{Digest, Sha256};
use spki::AlgorithmIdentifierOwned;
use x509_cert::attr::Attribute;
use x509_tsp::{Accuracy, TimeStampReq, TspVersion};

use super::message::{TstInfo, generalized_time};
use super::{Inner, TsaMisbehaviour as Wrong};
use crate::x509::{self, Holder};

const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");
const SIGNING_CERTIFICATE_V2: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");
/// Policy of Sigstore's authorities.
const POLICY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.2");

/// SigningCertificateV2 (RFC 5035, section 3), for SHA-256, which is the default.
#[derive(Sequence)]
struct SigningCertificateV2 {
    certs: Vec<EssCertIdV2>,
}

#[derive(Sequence)]
struct EssCertIdV2 {
    cert_hash: OctetString,
}

impl Inner {
    /// Returns the token for a request, in the DER of ContentInfo.
    pub(super) fn token(&self, request: TimeStampReq) -> der::Result<Any> {
        let wrong = self.misbehaviour.get();
        let with_certificate = request.cert_req;
        let content = self.statement(request, wrong)?.to_der()?;
        let named = match wrong {
            Some(Wrong::UnknownAuthority | Wrong::CertificateOfAnother) => &self.rogue_chain.signer,
            _ => &self.chain.signer,
        };
        let signing = match wrong {
            Some(Wrong::OtherKey) => &self.rogue_chain.signer,
            _ => named,
        };
        let attributes = self.signed_attributes(&content, named)?;
        let signer = SignerInfo {
            version: CmsVersion::V1,
            sid: SignerIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
                issuer: named.certificate.tbs_certificate.issuer.clone(),
                serial_number: named.certificate.tbs_certificate.serial_number.clone(),
            }),
            digest_alg: sha256(),
            signature: OctetString::new(signing.key.sign(&attributes.to_der()?))?,
            signed_attrs: Some(attributes),
            signature_algorithm: x509::ecdsa_sha256(),
            unsigned_attrs: None,
        };
        let mut holders = vec![named];
        if wrong == Some(Wrong::CertificateOfAnother) {
            holders.push(&self.chain.signer);
        }
        let certificates = holders
            .into_iter()
            .map(|holder| CertificateChoices::Certificate(holder.certificate.clone()))
            .collect::<Vec<_>>();
        let certificates = match with_certificate {
            true => Some(certificates.try_into()?),
            false => None,
        };
        let signed = SignedData {
            version: CmsVersion::V3,
            digest_algorithms: SetOfVec::try_from(vec![sha256()])?,
            encap_content_info: EncapsulatedContentInfo {
                econtent_type: TST_INFO,
                econtent: Some(Any::encode_from(&OctetString::new(content)?)?),
            },
            certificates,
            crls: None,
            signer_infos: vec![signer].try_into()?,
        };
        let content = ContentInfo {
            content_type: ID_SIGNED_DATA,
            content: Any::encode_from(&signed)?,
        };
        Any::from_der(&content.to_der()?)
    }

    /// Returns the stamped digest and time.
    fn statement(&self, request: TimeStampReq, wrong: Option<Wrong>) -> der::Result<TstInfo> {
        let mut imprint = request.message_imprint;
        if wrong == Some(Wrong::OtherMessage) {
            let length = imprint.hashed_message.as_bytes().len();
            imprint.hashed_message = OctetString::new(vec![0x5a; length])?;
        }
        let nonce = match wrong {
            Some(Wrong::NoNonce) => None,
            Some(Wrong::OtherNonce) => Some(Int::new(&[0x2a])?),
            _ => request.nonce,
        };
        let mut serial_number = [0; 8];
        OsRng.fill_bytes(&mut serial_number);
        // Positive, and of full length.
        serial_number[0] = serial_number[0] & 0x7f | 0x40;
        Ok(TstInfo {
            version: TspVersion::V1,
            policy: request.req_policy.unwrap_or(POLICY),
            message_imprint: imprint,
            serial_number: Int::new(&serial_number)?,
            gen_time: generalized_time(self.clock.now(), wrong == Some(Wrong::FractionalSeconds))?,
            accuracy: Some(Accuracy {
                seconds: Some(1),
                millis: None,
                micros: None,
            }),
            ordering: false,
            nonce,
            tsa: None,
            extensions: None,
        })
    }

    /// Returns the signed attributes, in DER's order.
    fn signed_attributes(&self, content: &[u8], signer: &Holder) -> der::Result<SignedAttributes> {
        let certificate = Sha256::digest(signer.certificate.to_der()?);
        let signing_certificate = SigningCertificateV2 {
            certs: vec![EssCertIdV2 {
                cert_hash: OctetString::new(certificate.as_slice())?,
            }],
        };
        let digest = OctetString::new(Sha256::digest(content).as_slice())?;
        SetOfVec::try_from(vec![
            attribute(ID_CONTENT_TYPE, &TST_INFO)?,
            attribute(ID_MESSAGE_DIGEST, &digest)?,
            attribute(ID_SIGNING_TIME, &x509::time(self.clock.now())?)?,
            attribute(SIGNING_CERTIFICATE_V2, &signing_certificate)?,
        ])
    }
}

fn attribute<T: Encode>(oid: ObjectIdentifier, value: &T) -> der::Result<Attribute> {
    let value = Any::from_der(&value.to_der()?)?;
    Ok(Attribute {
        oid,
        values: SetOfVec::try_from(vec![value])?,
    })
}

fn sha256() -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned {
        oid: ID_SHA_256,
        parameters: None,
    }
}
