//! Base64 and decimal numbers, of which each value has one text.

use base64::{Engine as _, prelude::BASE64_STANDARD};

/// Largest size of a tree, and so the limit of every index: the formats' peers read signed numbers.
pub(crate) const SIZE_LIMIT: u64 = i64::MAX as u64;

/// Returns the padded base64 of some bytes.
pub(crate) fn to_base64(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(bytes)
}

/// Returns the bytes of a padded base64 text; `None` for any other text of the same bytes.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    let bytes = BASE64_STANDARD.decode(text).ok()?;
    (to_base64(&bytes) == text).then_some(bytes)
}

/// Returns the number of a decimal text without sign and leading zeros, at most [`SIZE_LIMIT`].
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let has_zeros = text.len() > 1 && text.starts_with('0');
    let number: u64 = text.parse().ok()?;
    (is_plain && !has_zeros && number <= SIZE_LIMIT).then_some(number)
}

/// Returns the start of a text that nobody verified, for an error.
pub(crate) fn excerpt(text: &str) -> String {
    text.chars()
        .take(80)
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_one_text_for_each_number() {
        assert_eq!(decimal("0"), Some(0));
        assert_eq!(decimal("9223372036854775807"), Some(SIZE_LIMIT));
        for text in [
            "",
            "00",
            "01",
            "+1",
            "-1",
            " 1",
            "1 ",
            "9223372036854775808",
            "1e3",
            "١",
        ] {
            assert_eq!(decimal(text), None, "{text}");
        }
    }

    #[test]
    fn reads_one_text_for_each_sequence_of_bytes() {
        assert_eq!(from_base64("AQ=="), Some(vec![1]));
        for text in ["AQ", "AR==", "AQ==\n", "A_==", "AQ= =", "AQ==="] {
            assert_eq!(from_base64(text), None, "{text}");
        }
    }
}
