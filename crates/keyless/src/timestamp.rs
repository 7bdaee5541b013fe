//! Messages of the time-stamp protocol (RFC 3161).

use der::{
    Any, Decode as _, Encode as _,
    asn1::{Int, ObjectIdentifier, OctetString},
};
use jiff::Timestamp;
use x509_cert::spki::AlgorithmIdentifierOwned;
use x509_tsp::{MessageImprint, TimeStampReq, TimeStampResp, TspVersion, TstInfo};

const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");

/// Returns a request for a timestamp of a SHA-256 digest. The response shall contain the
/// authority's certificate.
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

/// Returns a positive INTEGER of exactly these bytes.
fn integer(bytes: &[u8; 8]) -> der::Result<Int> {
    let mut bytes = *bytes;
    // Prevents a negative or padded number.
    bytes[0] = bytes[0] & 0x7f | 0x40;
    Int::new(&bytes)
}

/// The unverified content of a response.
pub(crate) struct TimestampReply {
    info: TstInfo,
}

/// Error for a response without a timestamp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TimestampReplyError {
    /// The authority refused, with this status.
    Rejected(String),
    /// The response cannot be read.
    Form(String),
}

impl TimestampReply {
    /// Reads the response of an authority.
    pub fn read(bytes: &[u8]) -> Result<Self, TimestampReplyError> {
        let form = |error: der::Error| TimestampReplyError::Form(error.to_string());
        let reply = TimeStampResp::from_der(bytes).map_err(form)?;
        let Some(token) = reply.time_stamp_token else {
            return Err(TimestampReplyError::Rejected(format!(
                "{:?}",
                reply.status.status
            )));
        };
        let content = token
            .content
            .decode_as::<cms::signed_data::SignedData>()
            .map_err(form)?
            .encap_content_info
            .econtent
            .ok_or_else(|| TimestampReplyError::Form("a token without content".into()))?;
        let info = TstInfo::from_der(content.value()).map_err(form)?;
        Ok(Self { info })
    }

    /// Returns whether the response belongs to this request.
    pub fn answers(&self, digest: &[u8; 32], nonce: &[u8; 8]) -> bool {
        let imprint = &self.info.message_imprint;
        imprint.hash_algorithm.oid == SHA256
            && imprint.hashed_message.as_bytes() == digest
            && integer(nonce).is_ok_and(|nonce| self.info.nonce == Some(nonce))
    }

    /// Returns the stated time.
    pub fn time(&self) -> Option<Timestamp> {
        let seconds = self.info.gen_time.to_unix_duration().as_secs();
        Timestamp::from_second(seconds.try_into().ok()?).ok()
    }
}

/// Tag of GeneralizedTime (X.690).
const GENERALIZED_TIME: u8 = 0x18;
/// Length of `YYYYMMDDHHMMSS`.
const WHOLE_SECONDS: usize = 14;

/// Returns whether a time-stamp token has fractions of a second, such as `20260101120000.5Z`.
///
/// RFC 3161 2.4.2 allows them, but DER readers for certificates do not read them. The token is
/// refused in both cases. This function only selects the error text.
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
    fn detects_only_fractions_of_a_second() {
        assert!(has_fraction(b"\x30\x13\x18\x1120260101120000.5Z"));
        assert!(!has_fraction(b"\x30\x11\x18\x0f20260101120000Z"));
    }
}
