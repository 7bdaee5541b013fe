//! Foreign text made safe to show, and small forms of English.

use std::{borrow::Cow, ffi::OsStr, fmt, fmt::Write as _};

/// Whether a character shows as itself and leaves what is around it alone.
///
/// Control characters move the cursor or change the lines above. Format characters without a shape
/// of their own (Unicode's directional overrides, zero-width characters) make one name look like
/// another.
pub fn shows_as_itself(c: char) -> bool {
    !c.is_control()
        && !matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

/// The text with a space for each character that does not show as itself.
pub fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if shows_as_itself(c) { c } else { ' ' })
        .collect()
}

/// Returns a path as text, so that different paths are different texts.
///
/// A path that is not UTF-8 is quoted as shells do, `$'Gr\xfc\xdfe.tar.gz'`, so that it is marked and can be copied.
pub fn shown_path(path: impl AsRef<OsStr>) -> String {
    let path = path.as_ref();
    if let Some(text) = path.to_str() {
        return text.to_owned();
    }
    let mut shown = "$'".to_owned();
    for chunk in path.as_encoded_bytes().utf8_chunks() {
        for c in chunk.valid().chars() {
            if matches!(c, '\\' | '\'') {
                shown.push('\\');
            }
            shown.push(c);
        }
        for byte in chunk.invalid() {
            // Writing to a text cannot fail.
            let _ = write!(shown, "\\x{byte:02x}");
        }
    }
    shown.push('\'');
    shown
}

/// The text of a small file that a person wrote, in UTF-8: without the mark that some editors write at its
/// beginning, and decoded if that mark says UTF-16.
///
/// Bytes without a mark are returned as they are, so that a password keeps its encoding.
pub fn decoded(bytes: &[u8]) -> Cow<'_, [u8]> {
    let units = |from: fn([u8; 2]) -> u16| {
        let pairs = bytes.get(2..).unwrap_or_default().chunks(2);
        // A half unit at the end is no character.
        let units = pairs.map(|pair| match pair {
            [first, second] => from([*first, *second]),
            _ => u16::from(b'?'),
        });
        let text: String = char::decode_utf16(units)
            .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect();
        Cow::Owned(text.into_bytes())
    };
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => Cow::Borrowed(rest),
        [0xff, 0xfe, ..] => units(u16::from_le_bytes),
        [0xfe, 0xff, ..] => units(u16::from_be_bytes),
        _ => Cow::Borrowed(bytes),
    }
}

/// The number with its noun, as in `1 entry` and `2 entries`. A noun of several words ends with the one that has
/// the plural.
pub fn count(number: impl TryInto<u64> + fmt::Display + Copy, noun: &str) -> String {
    if number.try_into().is_ok_and(|number| number == 1) {
        return format!("{number} {noun}");
    }
    let follows_vowel = |stem: &str| stem.ends_with(['a', 'e', 'i', 'o', 'u']);
    match noun.strip_suffix('y').filter(|stem| !follows_vowel(stem)) {
        Some(stem) => format!("{number} {stem}ies"),
        None => format!("{number} {noun}s"),
    }
}

/// Most values of a list that are shown.
const LISTED: usize = 5;

/// The text between two alternatives.
const OR: &str = ", or ";

/// The alternatives in one line: the first ones, and the number of the others.
pub fn alternatives(values: &[impl fmt::Display]) -> String {
    let shown: Vec<_> = values
        .iter()
        .take(LISTED)
        .map(ToString::to_string)
        .collect();
    let shown = shown.join(OR);
    match values.len().saturating_sub(LISTED) {
        0 => shown,
        more => format!("{shown}, and {more} more"),
    }
}

/// A text with [`alternatives`], split after each of them.
pub fn split_alternatives(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(OR).map(str::trim_end)
}

/// Longest address that is shown, in characters.
const ADDRESS_LIMIT: usize = 200;

/// The address without user, password and query, each of which may be a secret. The text need not be a
/// valid address.
pub fn without_credentials(address: &str) -> String {
    let shown = address.split(['?', '#']).next().unwrap_or_default();
    // A password with a question mark in it must not hide the `@` that ends it.
    let shown = if address.contains('@') && !shown.contains('@') {
        address
    } else {
        shown
    };
    let scheme = shown.split_once("://").map(|(scheme, _)| scheme);
    let shown = match (scheme, shown.rsplit_once('@')) {
        (Some(scheme), Some((_, rest))) => format!("{scheme}://{rest}"),
        (None, Some((_, rest))) => rest.to_owned(),
        _ => shown.to_owned(),
    };
    shown.chars().take(ADDRESS_LIMIT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn shows_each_path_as_another_text() {
        use std::os::unix::ffi::OsStrExt as _;
        for (path, shown) in [
            (&b"a b\\'.tar.gz"[..], "a b\\'.tar.gz"),
            (b"Gr\xc3\xbc\xdfe", r"$'Gr\u{fc}\xdfe'"),
            (b"\xff\\'", r"$'\xff\\\''"),
            (b"\xff\xff", r"$'\xff\xff'"),
        ] {
            let shown = shown.replace(r"\u{fc}", "\u{fc}");
            assert_eq!(shown_path(OsStr::from_bytes(path)), shown);
        }
    }

    #[test]
    fn decodes_what_editors_write() {
        let utf16 = |unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
            "\u{feff}user ÄÖ😀\n"
                .encode_utf16()
                .flat_map(unit)
                .collect()
        };
        let expected = "user ÄÖ😀\n".as_bytes();
        assert_eq!(*decoded(&utf16(u16::to_le_bytes)), *expected);
        assert_eq!(*decoded(&utf16(u16::to_be_bytes)), *expected);
        assert_eq!(*decoded("\u{feff}user ÄÖ😀\n".as_bytes()), *expected);
        for bytes in [&b""[..], b"a", b"\xff", b"\xe4\xf6", b"\xef\xbb"] {
            assert_eq!(*decoded(bytes), *bytes);
        }
        assert_eq!(*decoded(b"\xff\xfea\0b"), *b"a?");
    }

    #[test]
    fn counts_one_and_many() {
        assert_eq!(count(1_usize, "archive"), "1 archive");
        assert_eq!(count(0_usize, "archive"), "0 archives");
        assert_eq!(count(2_u64, "entry"), "2 entries");
        assert_eq!(count(1_i64, "day"), "1 day");
        assert_eq!(count(-1_i64, "day"), "-1 days");
        assert_eq!(count(12_u32, "new package"), "12 new packages");
    }

    #[test]
    fn lists_few_alternatives() {
        assert_eq!(alternatives(&["a"]), "a");
        assert_eq!(alternatives(&["a", "b"]), "a, or b");
        let split: Vec<_> = split_alternatives("a, or b, as stated").collect();
        assert_eq!(split, ["a, or", "b, as stated"]);
        let seven: Vec<_> = (1..8).collect();
        assert_eq!(
            alternatives(&seven),
            "1, or 2, or 3, or 4, or 5, and 2 more"
        );
    }

    #[test]
    fn shows_addresses_without_their_credentials() {
        for address in [
            "postgres://user:pass@host/db",
            "postgres://user:p@ss@host/db?password=pass",
            "postgres://user:pa?ss@host/db",
        ] {
            assert_eq!(without_credentials(address), "postgres://host/db");
        }
        assert_eq!(without_credentials("user:pass@host"), "host");
        assert_eq!(
            without_credentials("https://host/a?key=s"),
            "https://host/a"
        );
    }

    #[test]
    fn foreign_text_cannot_move_the_cursor_or_turn_round() {
        assert_eq!(printable("a\x1b[2Kb\rc\u{9b}d"), "a [2Kb c d");
        assert_eq!(printable("a\u{202e}b\u{200b}"), "a b ");
        assert_eq!(printable("Grüße, 作者"), "Grüße, 作者");
    }
}
