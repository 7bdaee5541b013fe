//! Records of pax headers: `LENGTH KEY=VALUE` and a line break.

use crate::{form::ExtensionProblem, limits};

/// Most digits of a length, a size or a number of seconds.
const DIGITS: usize = 12;

/// The records of one extended header that say something about a member.
#[derive(Debug, Default)]
pub struct PaxRecords {
    pub path: Option<Vec<u8>>,
    pub link: Option<Vec<u8>>,
    pub size: Option<u64>,
    /// A member that GNU tar stored without its holes.
    pub sparse: bool,
}

impl PaxRecords {
    /// Reads the records about one member.
    pub fn parse(data: &[u8]) -> Result<Self, ExtensionProblem> {
        let mut records = Self::default();
        let mut seen: Vec<&[u8]> = Vec::new();
        for record in Records(data) {
            let (key, value) = record?;
            if seen.contains(&key) || seen.len() == limits::PAX_RECORDS {
                return Err(ExtensionProblem::Key);
            }
            seen.push(key);
            records.add(key, value)?;
        }
        Ok(records)
    }

    fn add(&mut self, key: &[u8], value: &[u8]) -> Result<(), ExtensionProblem> {
        match key {
            b"path" => self.path = Some(name("path", value)?),
            b"linkpath" => self.link = Some(name("linkpath", value)?),
            b"size" => self.size = Some(number(value).ok_or(ExtensionProblem::Value("size"))?),
            b"uid" | b"gid" | b"SCHILY.dev" | b"SCHILY.ino" | b"SCHILY.nlink" => {
                let is_number = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
                require(is_number, ExtensionProblem::Value("a number"))?;
            }
            b"mtime" | b"atime" | b"ctime" | b"LIBARCHIVE.creationtime" => {
                require(is_time(value), ExtensionProblem::Value("a time"))?;
            }
            b"uname" | b"gname" => {
                let is_text = !value.contains(&0) && std::str::from_utf8(value).is_ok();
                require(is_text, ExtensionProblem::Value("a name"))?;
            }
            // Extended attributes of macOS, which nothing but macOS restores.
            key if key.starts_with(b"SCHILY.xattr.com.apple.")
                || key.starts_with(b"LIBARCHIVE.xattr.com.apple.") => {}
            key if key.starts_with(b"GNU.sparse.") => self.sparse = true,
            _ => return Err(ExtensionProblem::Key),
        }
        Ok(())
    }
}

/// Checks the records about all members: the comment in which git states a commit.
pub fn check_global(data: &[u8]) -> Result<(), ExtensionProblem> {
    for record in Records(data) {
        let (key, _) = record?;
        require(key == b"comment", ExtensionProblem::Key)?;
    }
    Ok(())
}

/// The records in the data of an extended header.
struct Records<'a>(&'a [u8]);

impl<'a> Iterator for Records<'a> {
    /// Key and value.
    type Item = Result<(&'a [u8], &'a [u8]), ExtensionProblem>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let record = record(self.0).ok_or(ExtensionProblem::Record);
        Some(record.map(|(key, value, rest)| {
            self.0 = rest;
            (key, value)
        }))
    }
}

type Split<'a> = (&'a [u8], &'a [u8], &'a [u8]);

/// Returns key and value of the first record, and the rest of the data.
fn record(data: &[u8]) -> Option<Split<'_>> {
    let blank = data.iter().take(DIGITS).position(|byte| *byte == b' ')?;
    let length = usize::try_from(number(&data[..blank])?).ok()?;
    if length <= blank || length > data.len() {
        return None;
    }
    let (record, rest) = data.split_at(length);
    let record = record[blank + 1..].strip_suffix(b"\n")?;
    let equals = record.iter().position(|byte| *byte == b'=')?;
    let (key, value) = (&record[..equals], &record[equals + 1..]);
    let is_key = !key.is_empty() && key.iter().all(u8::is_ascii_graphic);
    is_key.then_some((key, value, rest))
}

/// Reads a decimal number without leading zeros.
fn number(text: &[u8]) -> Option<u64> {
    let is_number = text.len() <= DIGITS && text.iter().all(u8::is_ascii_digit);
    let is_shortest = text == b"0" || text.first().is_some_and(|first| *first != b'0');
    if !is_number || !is_shortest {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Returns whether it is a time in seconds, perhaps with a fraction or before 1970.
fn is_time(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"-").unwrap_or(text);
    let point = text.iter().position(|byte| *byte == b'.');
    let (seconds, fraction) = text.split_at(point.unwrap_or(text.len()));
    let is_fraction = match fraction.strip_prefix(b".") {
        Some(digits) => !digits.is_empty() && digits.iter().all(u8::is_ascii_digit),
        None => true,
    };
    number(seconds).is_some() && is_fraction && fraction.len() <= 2 * DIGITS
}

/// Returns a path or link target: UTF-8, as POSIX demands.
fn name(key: &'static str, value: &[u8]) -> Result<Vec<u8>, ExtensionProblem> {
    let is_name = !value.is_empty()
        && value.len() <= limits::PATH
        && !value.contains(&0)
        && std::str::from_utf8(value).is_ok();
    require(is_name, ExtensionProblem::Value(key)).map(|()| value.to_vec())
}

fn require(condition: bool, problem: ExtensionProblem) -> Result<(), ExtensionProblem> {
    condition.then_some(()).ok_or(problem)
}
