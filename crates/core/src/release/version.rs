//! Versions as Perl compares them.

use std::{cmp::Ordering, fmt, hash, str::FromStr};

use serde::{Serialize, Serializer};

/// Longest version, in characters; the longest on CPAN have a third of it.
const LONGEST: usize = 64;

/// Most digits of one number; more would not fit Perl's numbers, either.
const DIGITS: usize = 18;

/// A version by the rules of Perl's `version.pm`: `1.02`, `1.002003`, `v1.2.3`, `1.2.3`, `1.02_03`.
///
/// Versions are equal if Perl takes them for equal: `1.002003` and `v1.2.3`, `1.0` and `1`. An underscore marks a
/// trial release and has no part in the comparison.
#[derive(Clone, Debug)]
pub struct PerlVersion {
    text: String,
    numbers: Vec<u64>,
}

/// The text is no version of Perl's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid version: expected one such as `1.02`, `1.002003` or `v1.2.3`, found `{0}`")]
pub struct VersionError(String);

impl PerlVersion {
    /// The version as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The digits behind the underscore of a trial release, as in `1.02_03`.
    pub fn trial(&self) -> Option<&str> {
        self.text.split_once('_').map(|(_, digits)| digits)
    }

    /// Whether another version names the same release: the same numbers, and the same underscore.
    ///
    /// For Perl, `1.02_03` and `1.0203` are one number. As names of releases they are two: a trial and a stable one.
    pub fn names_same_release(&self, other: &Self) -> bool {
        self == other && self.trial() == other.trial()
    }

    /// The numbers for comparison: those between the dots, or a decimal number's whole part and its
    /// fraction in groups of three digits, without zeros at the end.
    pub fn numbers(&self) -> &[u64] {
        &self.numbers
    }
}

impl FromStr for PerlVersion {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let mut numbers = (text.len() <= LONGEST)
            .then(|| numbers(text))
            .flatten()
            .ok_or_else(|| VersionError(text.chars().take(80).collect()))?;
        while numbers.last() == Some(&0) {
            numbers.pop();
        }
        Ok(Self {
            text: text.to_owned(),
            numbers,
        })
    }
}

/// The parts of a version: the numbers between the dots, or the whole part of a decimal number
/// and its fraction in groups of three digits.
fn numbers(text: &str) -> Option<Vec<u64>> {
    let plain = without_underscore(text)?;
    let dotted = match plain.strip_prefix('v') {
        Some(rest) => Some(rest),
        None => (plain.matches('.').count() > 1).then_some(plain.as_str()),
    };
    if let Some(dotted) = dotted {
        // `.1.2` is read as `0.1.2`, but only without a `v`.
        let whole = dotted.strip_prefix('.').filter(|_| !plain.starts_with('v'));
        let mut found = Vec::new();
        if whole.is_some() {
            found.push(0);
        }
        for number in whole.unwrap_or(dotted).split('.') {
            found.push(number_of(number)?);
        }
        return Some(found);
    }
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut found = vec![if whole.is_empty() {
        0
    } else {
        number_of(whole)?
    }];
    for group in fraction.as_bytes().chunks(3) {
        let mut value = 0;
        for place in 0..3 {
            let digit = group.get(place).copied().unwrap_or(b'0');
            value = value * 10 + u64::from(digit.is_ascii_digit().then(|| digit - b'0')?);
        }
        found.push(value);
    }
    Some(found)
}

/// The text without its one underscore, which has to be between digits and behind a dot.
fn without_underscore(text: &str) -> Option<String> {
    let Some((before, after)) = text.split_once('_') else {
        return Some(text.to_owned());
    };
    let between_digits = before.ends_with(|c: char| c.is_ascii_digit())
        && !after.is_empty()
        && after.bytes().all(|b| b.is_ascii_digit());
    (between_digits && before.contains('.')).then(|| format!("{before}{after}"))
}

fn number_of(digits: &str) -> Option<u64> {
    let well_formed =
        (1..=DIGITS).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    well_formed.then(|| digits.parse().ok()).flatten()
}

impl PartialEq for PerlVersion {
    fn eq(&self, other: &Self) -> bool {
        self.numbers == other.numbers
    }
}

impl Eq for PerlVersion {}

impl hash::Hash for PerlVersion {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.numbers.hash(state);
    }
}

impl PartialOrd for PerlVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PerlVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers)
    }
}

impl fmt::Display for PerlVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for PerlVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}
