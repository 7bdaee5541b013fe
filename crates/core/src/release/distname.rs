//! Where in a file name the distribution ends and the version begins.
//!
//! No file name says it, so all of CPAN goes by the rules of the Perl module `CPAN::DistnameInfo`.
//! They are followed here to the letter, oddities included: names that two tools split differently
//! would be two releases.

/// The name of the distribution, and the version if there is one.
pub fn split(stem: &str) -> (String, Option<String>) {
    let end = end_of_name(stem.as_bytes());
    if end == 0 {
        return (stem.to_owned(), None);
    }
    let mut name = stem[..end].to_owned();
    let mut version = stem[end..].to_owned();

    if version.is_empty() && name.ends_with("-undef") {
        name.truncate(name.len() - "-undef".len());
    }
    if let Some(rest) = version.strip_suffix("-withoutworldwriteables") {
        version.truncate(rest.len());
    }
    // `Unicode-Collate-Standard-V3_1_1-0.1`: the first version is part of the name.
    if version.starts_with("-v") || version.starts_with("-V") {
        move_to_name(&mut name, &mut version, 2);
    }
    // `Task-Deprecations5_14-1.00` too.
    if let Some(underscore) = version.char_indices().skip(1).find(|(_, c)| *c == '_') {
        move_to_name(&mut name, &mut version, underscore.0 + 1);
    }
    if let Some(rest) = name.strip_suffix(".pm") {
        name.truncate(rest.len());
    }
    if version.is_empty()
        && let Some((rest, last)) = name.rsplit_once('-')
        && is_number_and_one_more(last)
    {
        version = last.to_owned();
        name.truncate(rest.len());
    }
    if !version.is_empty()
        && version.bytes().all(|b| b.is_ascii_digit())
        && let Some((rest, last)) = name.rsplit_once('-')
        && !last.is_empty()
        && last.chars().all(is_word)
    {
        version.insert_str(0, last);
        name.truncate(rest.len());
    }
    let separators: &[char] = if has_decimal_point(&version) {
        &['-', '_', '.']
    } else {
        &['-', '_']
    };
    let version = version.trim_start_matches(separators);
    (name, (!version.is_empty()).then(|| version.to_owned()))
}

/// How many bytes belong to the name: as many pieces as there are, each of which ends with the last
/// letter of a word or with a digit before a hyphen.
fn end_of_name(text: &[u8]) -> usize {
    let mut end = 0;
    while let Some(next) = end_of_piece(text, end) {
        end = next;
    }
    end
}

fn end_of_piece(text: &[u8], start: usize) -> Option<usize> {
    let at = |index: usize| text.get(index).copied();
    let is_digit =
        |index: Option<usize>| index.and_then(at).is_some_and(|byte| byte.is_ascii_digit());
    let mut first = start;
    while matches!(at(first), Some(b'-' | b'+' | b'.')) {
        first += 1;
    }
    let mut last = first;
    loop {
        let inside = match at(last) {
            Some(byte) if byte.is_ascii_alphanumeric() => true,
            // An underscore between digits belongs to a version; so does one at either end beside a digit.
            Some(b'_') => {
                let before = last.checked_sub(1);
                (before.is_some() && !is_digit(before))
                    || (at(last + 1).is_some() && !is_digit(Some(last + 1)))
            }
            _ => false,
        };
        if !inside {
            break;
        }
        last += 1;
    }
    (first..last).rev().map(|index| index + 1).find(|&end| {
        let next = at(end);
        match text[end - 1] {
            letter if letter.is_ascii_alphabetic() => {
                let in_word = next.is_some_and(|next| next.is_ascii_alphabetic());
                let marks_version = matches!(letter, b'v' | b'V')
                    && end >= 2
                    && matches!(text[end - 2], b'.' | b'_' | b'-');
                !in_word && !marks_version
            }
            digit if digit.is_ascii_digit() => next == Some(b'-'),
            _ => false,
        }
    })
}

/// Moves the part before the last hyphen with a digit behind it, at `from` or later, to the name.
fn move_to_name(name: &mut String, version: &mut String, from: usize) {
    let bytes = version.as_bytes();
    let last = (from..bytes.len().saturating_sub(1))
        .rev()
        .find(|&index| bytes[index] == b'-' && bytes[index + 1].is_ascii_digit());
    if let Some(hyphen) = last {
        name.push_str(&version[..hyphen]);
        version.drain(..=hyphen);
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Digits, and one more digit, letter or underscore: `2a`, `12`.
fn is_number_and_one_more(text: &str) -> bool {
    let mut chars = text.chars();
    let last = chars.next_back();
    let digits = chars.as_str();
    last.is_some_and(is_word) && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

fn has_decimal_point(text: &str) -> bool {
    text.as_bytes()
        .windows(3)
        .any(|w| w[0].is_ascii_digit() && w[1] == b'.' && w[2].is_ascii_digit())
}
