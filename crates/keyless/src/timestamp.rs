//! Messages of the time-stamp protocol (RFC 3161).

use der::{
    Any, Decode as _, Encode as _,
    asn1::{Int, ObjectIdentifier, OctetString},
};
use jiff::Timestamp;
use x509_cert::spki::AlgorithmIdentifierOwned;
use x509_tsp::{MessageImprint, TimeStampReq, TimeStampResp, TspVersion, TstInfo};

const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");

/// A request for a timestamp over a SHA-256 digest, with the authority's certificate in the answer.
pub(crate) fn query(digest: &[u8; 32], nonce: &[u8; 8]) -> der::Result<Vec<u8>> {
    TimeStampReq {
        version: TspVersion::V1,
        message_imprint: MessageImprint {
            hash_algorithm: AlgorithmIdentifierOwned {
                oid: SHA256,
                parameters: Some(Any::null()),
            },
            hashed_message: OctetString::new(digest.as_slice())?,
        },
        req_policy: None,
        nonce: Some(integer(nonce)?),
        cert_req: true,
        extensions: None,
    }
    .to_der()
}

/// A positive INTEGER of exactly these bytes.
fn integer(bytes: &[u8; 8]) -> der::Result<Int> {
    let mut bytes = *bytes;
    // Neither negative nor padded, whatever the bytes.
    bytes[0] = bytes[0] & 0x7f | 0x40;
    Int::new(&bytes)
}

/// What an answer says, unverified.
pub(crate) struct Reply {
    info: TstInfo,
}

/// An answer that is no timestamp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ReplyError {
    /// The authority refused; its status.
    Rejected(String),
    /// It cannot be read.
    Form(String),
}

impl Reply {
    /// Reads the answer of an authority.
    pub fn read(bytes: &[u8]) -> Result<Self, ReplyError> {
        let form = |error: der::Error| ReplyError::Form(error.to_string());
        let reply = TimeStampResp::from_der(bytes).map_err(form)?;
        let Some(token) = reply.time_stamp_token else {
            return Err(ReplyError::Rejected(format!("{:?}", reply.status.status)));
        };
        let content = token
            .content
            .decode_as::<cms::signed_data::SignedData>()
            .map_err(form)?
            .encap_content_info
            .econtent
            .ok_or_else(|| ReplyError::Form("a token without content".into()))?;
        let info = TstInfo::from_der(content.value()).map_err(form)?;
        Ok(Self { info })
    }

    /// Whether it answers this request.
    pub fn answers(&self, digest: &[u8; 32], nonce: &[u8; 8]) -> bool {
        let imprint = &self.info.message_imprint;
        imprint.hash_algorithm.oid == SHA256
            && imprint.hashed_message.as_bytes() == digest
            && integer(nonce).is_ok_and(|nonce| self.info.nonce == Some(nonce))
    }

    /// The time it states.
    pub fn time(&self) -> Option<Timestamp> {
        let seconds = self.info.gen_time.to_unix_duration().as_secs();
        Timestamp::from_second(seconds.try_into().ok()?).ok()
    }
}

/// Tag of GeneralizedTime (X.690).
const GENERALIZED_TIME: u8 = 0x18;
/// Length of `YYYYMMDDHHMMSS`.
const WHOLE_SECONDS: usize = 14;

/// Whether a time-stamp token states a time with fractions of a second, `20260101120000.5Z`.
///
/// RFC 3161 2.4.2 allows them; DER readers made for certificates, where they are forbidden, do not
/// read them. Such a token is refused either way: this only finds the right words.
pub(crate) fn has_fraction(token: &[u8]) -> bool {
    token.windows(2 + WHOLE_SECONDS + 1).any(|window| {
        window[0] == GENERALIZED_TIME
            && window[2..2 + WHOLE_SECONDS].iter().all(u8::is_ascii_digit)
            && window[2 + WHOLE_SECONDS] == b'.'
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_fraction_is_found() {
        assert!(has_fraction(b"\x30\x13\x18\x1120260101120000.5Z"));
        assert!(!has_fraction(b"\x30\x11\x18\x0f20260101120000Z"));
    }
}
