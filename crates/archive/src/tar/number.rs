//! Numbers in headers of tar archives.

/// Reads blanks, at least one octal digit, and then blanks or zeros to the end of the field.
pub fn octal(field: &[u8]) -> Option<u64> {
    let digits = field.trim_ascii_start_matches(b' ');
    let count = digits
        .iter()
        .take_while(|byte| matches!(byte, b'0'..=b'7'))
        .count();
    let (digits, rest) = digits.split_at(count);
    if digits.is_empty() || !rest.iter().all(|byte| matches!(byte, b' ' | 0)) {
        return None;
    }
    Some(
        digits
            .iter()
            .fold(0, |value, digit| value << 3 | u64::from(digit - b'0')),
    )
}

/// Returns whether a field has a user's or group's number: octal, or 32 bits behind `0x80` and zeros.
pub fn is_id(field: &[u8]) -> bool {
    octal(field).is_some() || matches!(field, [0x80, 0, 0, 0, _, _, _, _])
}

/// Returns whether a field has the number of a device, or none.
pub fn is_device(field: &[u8]) -> bool {
    octal(field).is_some() || field.iter().all(|byte| *byte == 0)
}

/// Trims one byte from the start of a field.
trait TrimStart {
    fn trim_ascii_start_matches(&self, byte: u8) -> &Self;
}

impl TrimStart for [u8] {
    fn trim_ascii_start_matches(&self, byte: u8) -> &Self {
        let count = self.iter().take_while(|first| **first == byte).count();
        &self[count..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_numbers_that_all_readers_read_alike() {
        for (field, value) in [
            (&b"0000644\0"[..], Some(0o644)),
            (b"   644 \0", Some(0o644)),
            (b"00000644", Some(0o644)),
            (b"644\0 \0 \0", Some(0o644)),
            (b"+000644\0", None),
            (b"-000644\0", None),
            (b"0 00644\0", None),
            (b"0x00644\0", None),
            (b"0000648\0", None),
            (b"644\0\xc2\xa0\0\0", None),
            (b"\t000644\0", None),
            (b"644\x001\0\0\0", None),
            (b"\0\0\0\0\0\0\0\0", None),
            (b"        ", None),
            (b"\x80\0\0\0\0\0\x01\xa4", None),
        ] {
            assert_eq!(octal(field), value, "{field:?}");
        }
        assert_eq!(octal(b"777777777777"), Some((1 << 36) - 1));
        assert!(is_id(b"\x80\0\0\0\x25\xb3\x6f\x59") && !is_id(b"\x80\x01\0\0\0\0\0\0"));
        assert!(!is_id(b"\xff\xff\xff\xff\xff\xff\xff\xfe"));
    }
}
