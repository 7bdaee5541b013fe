//! Structures of RFC 3161 with a special encoding: a time with or without a fraction, and a status
//! without text.

use der::asn1::{BitString, Int};
use der::{Any, Sequence, Tag};
use jiff::Timestamp;
use x509_cert::ext::Extensions;
use x509_cert::ext::pkix::name::GeneralName;
use x509_tsp::{Accuracy, MessageImprint, TsaPolicyId, TspVersion};

/// TSTInfo.
#[derive(Sequence)]
pub(super) struct TstInfo {
    pub(super) version: TspVersion,
    pub(super) policy: TsaPolicyId,
    pub(super) message_imprint: MessageImprint,
    pub(super) serial_number: Int,
    pub(super) gen_time: Any,
    #[asn1(optional = "true")]
    pub(super) accuracy: Option<Accuracy>,
    #[asn1(default = "Default::default")]
    pub(super) ordering: bool,
    #[asn1(optional = "true")]
    pub(super) nonce: Option<Int>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) tsa: Option<GeneralName>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    pub(super) extensions: Option<Extensions>,
}

/// TimeStampResp.
#[derive(Sequence)]
pub(super) struct TimeStampResp {
    pub(super) status: PkiStatusInfo,
    #[asn1(optional = "true")]
    pub(super) time_stamp_token: Option<Any>,
}

/// PKIStatusInfo.
#[derive(Sequence)]
pub(super) struct PkiStatusInfo {
    pub(super) status: u8,
    #[asn1(optional = "true")]
    pub(super) status_string: Option<Vec<String>>,
    #[asn1(optional = "true")]
    pub(super) fail_info: Option<BitString>,
}

/// Reason of a refusal: a bit of PKIFailureInfo.
#[derive(Clone, Copy)]
pub(super) enum Failure {
    Algorithm,
    Request,
    Format,
}

impl TimeStampResp {
    pub(super) fn granted(token: Any) -> Self {
        let status = PkiStatusInfo {
            status: 0,
            status_string: None,
            fail_info: None,
        };
        Self {
            status,
            time_stamp_token: Some(token),
        }
    }

    pub(super) fn rejected(failure: Failure, reason: &str) -> der::Result<Self> {
        // The named bits 0, 2 and 5, with the unused bits after them.
        let (unused, byte) = match failure {
            Failure::Algorithm => (7, 0b1000_0000),
            Failure::Request => (5, 0b0010_0000),
            Failure::Format => (2, 0b0000_0100),
        };
        let status = PkiStatusInfo {
            status: 2,
            status_string: Some(vec![reason.to_owned()]),
            fail_info: Some(BitString::new(unused, [byte])?),
        };
        Ok(Self {
            status,
            time_stamp_token: None,
        })
    }
}

/// Returns GeneralizedTime in UTC. A fraction has at most three digits and, as DER requires, no
/// zero at the end.
pub(super) fn generalized_time(at: Timestamp, with_fraction: bool) -> der::Result<Any> {
    let fraction = if with_fraction { ".125" } else { "" };
    let text = format!("{}{fraction}Z", at.strftime("%Y%m%d%H%M%S"));
    Any::new(Tag::GeneralizedTime, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_times_as_der_requires() {
        let at: Timestamp = "2026-02-03T04:05:06.75Z".parse().unwrap();
        let text = |with_fraction| {
            generalized_time(at, with_fraction)
                .unwrap()
                .value()
                .to_vec()
        };
        assert_eq!(text(false), b"20260203040506Z");
        assert_eq!(text(true), b"20260203040506.125Z");
    }
}
