//! Parts of a file (RFC 9110, section 14).

use hyper::header::{HeaderMap, IF_RANGE, RANGE};

/// The requested part of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it.
    Whole,
    /// From the first to the last of these bytes, both included.
    Of { first: u64, last: u64 },
    /// Bytes that the file does not have.
    None,
}

/// The requested part of a file of `size` bytes with this tag. The whole file answers requests for several
/// parts, and for a part of another version.
pub(super) fn part(headers: &HeaderMap, size: u64, tag: &str) -> Part {
    let Some(range) = headers.get(RANGE).and_then(|range| range.to_str().ok()) else {
        return Part::Whole;
    };
    if headers.get(IF_RANGE).is_some_and(|known| known != tag) {
        return Part::Whole;
    }
    let Some(bounds) = range
        .strip_prefix("bytes=")
        .and_then(|range| range.split_once('-'))
    else {
        return Part::Whole;
    };
    match bounds {
        ("", count) => match number(count) {
            Some(0) => Part::None,
            Some(_) if size == 0 => Part::None,
            Some(count) => Part::Of {
                first: size.saturating_sub(count),
                last: size - 1,
            },
            None => Part::Whole,
        },
        (first, last) => match (number(first), last, number(last)) {
            (Some(first), "", _) if first < size => Part::Of {
                first,
                last: size - 1,
            },
            (Some(first), _, Some(last)) if first < size && first <= last => Part::Of {
                first,
                last: last.min(size - 1),
            },
            (Some(first), _, Some(last)) if first > last => Part::Whole,
            (Some(_), "", _) | (Some(_), _, Some(_)) => Part::None,
            _ => Part::Whole,
        },
    }
}

/// Parses digits, without sign or blank.
fn number(text: &str) -> Option<u64> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn asked(range: &str, size: u64) -> Part {
        let mut headers = HeaderMap::new();
        headers.insert(RANGE, range.parse().unwrap());
        part(&headers, size, "\"x\"")
    }

    #[test]
    fn gives_one_part_or_else_the_whole_file() {
        let of = |first, last| Part::Of { first, last };
        for (range, expected) in [
            ("bytes=0-0", of(0, 0)),
            ("bytes=2-", of(2, 9)),
            ("bytes=2-99", of(2, 9)),
            ("bytes=-3", of(7, 9)),
            ("bytes=-99", of(0, 9)),
            ("bytes=10-", Part::None),
            ("bytes=10-11", Part::None),
            ("bytes=-0", Part::None),
            ("bytes=3-2", Part::Whole),
            ("bytes=0-1,3-4", Part::Whole),
            ("bytes=+1-2", Part::Whole),
            ("bytes=--1", Part::Whole),
            ("items=0-1", Part::Whole),
            ("bytes=99999999999999999999-", Part::Whole),
        ] {
            assert_eq!(asked(range, 10), expected, "{range}");
        }
        assert_eq!(asked("bytes=-1", 0), Part::None);
        assert_eq!(asked("bytes=0-", 0), Part::None);
    }

    #[test]
    fn gives_whole_file_for_part_of_another_version() {
        let mut headers = HeaderMap::new();
        headers.insert(RANGE, "bytes=0-1".parse().unwrap());
        headers.insert(IF_RANGE, "\"y\"".parse().unwrap());
        assert_eq!(part(&headers, 10, "\"x\""), Part::Whole);
        headers.insert(IF_RANGE, "\"x\"".parse().unwrap());
        assert_eq!(part(&headers, 10, "\"x\""), Part::Of { first: 0, last: 1 });
    }

    proptest! {
        #[test]
        fn keeps_parts_within_the_file(range in "bytes=[0-9]{0,3}-[0-9]{0,3}", size in 0u64..300) {
            if let Part::Of { first, last } = asked(&range, size) {
                prop_assert!(first <= last && last < size);
            }
        }
    }
}
