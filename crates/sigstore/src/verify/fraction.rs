//! Timestamps with fractions of a second.
//!
//! RFC 3161 2.4.2 allows them in `genTime`; DER readers made for certificates, where they are
//! forbidden, do not read them. The token is refused either way: this only finds the right words.

/// Tag of GeneralizedTime (X.690).
const GENERALIZED_TIME: u8 = 0x18;
/// Length of `YYYYMMDDHHMMSS`.
const WHOLE_SECONDS: usize = 14;

/// Whether a time-stamp token states a time such as `20260101120000.5Z`.
pub(super) fn stated(token: &[u8]) -> bool {
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
        assert!(stated(b"\x30\x13\x18\x1120260101120000.5Z"));
        assert!(!stated(b"\x30\x11\x18\x0f20260101120000Z"));
    }
}
