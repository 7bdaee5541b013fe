//! `02packages.details.txt`, which says in which distribution a package is.
//!
//! Header lines, a blank line, and a line `package version path` for each package. Clients search it in
//! different ways, cpm by halving, which needs it sorted without regard to capital letters.

use cpan_sigstore_core::release::ReleasePath;
use jiff::{Timestamp, fmt::rfc2822};

/// A list of packages.
#[derive(Debug)]
pub struct Packages<'a> {
    date: Timestamp,
    header: &'a str,
    /// Sorted, and each with a path that can be a release's.
    lines: Vec<&'a str>,
    dropped: usize,
}

/// The text is no list of packages.
#[derive(Debug, thiserror::Error)]
pub enum PackagesError {
    /// No text.
    #[error("expected a text in UTF-8 or ASCII, found something else")]
    NoText,
    /// The header is not as it should be.
    #[error("expected a header with `{0}` before a blank line, found none")]
    Header(&'static str),
    /// The date cannot be read.
    #[error("expected a date such as `Tue, 24 Nov 2026 12:00:00 GMT`, found `{0}`")]
    Date(String),
    /// Another number of packages than the header says.
    #[error("expected {expected} packages, as the header says, found {found}")]
    Count {
        /// What the header says.
        expected: usize,
        /// How many lines there are.
        found: usize,
    },
    /// A line is no package's.
    #[error("expected `package version path`, found `{0}`")]
    Line(String),
}

impl<'a> Packages<'a> {
    /// Reads a list.
    ///
    /// # Errors
    /// Where it is not as PAUSE writes it, or breaks off.
    pub fn parse(text: &'a [u8]) -> Result<Self, PackagesError> {
        let text = std::str::from_utf8(text).map_err(|_| PackagesError::NoText)?;
        let (header, body) = text
            .split_once("\n\n")
            .ok_or(PackagesError::Header("Last-Updated"))?;
        let field = |name: &'static str| {
            let mut lines = header.lines();
            lines
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
                .map(str::trim)
                .ok_or(PackagesError::Header(name))
        };
        let date = field("Last-Updated")?;
        let date = rfc2822::parse(date).map_err(|_| PackagesError::Date(excerpt(date)))?;
        let count = field("Line-Count")?;
        let count: usize = count
            .parse()
            .map_err(|_| PackagesError::Header("Line-Count"))?;
        let mut lines: Vec<_> = body.lines().collect();
        if lines.len() != count || !(body.is_empty() || body.ends_with('\n')) {
            return Err(PackagesError::Count {
                expected: count,
                found: lines.len(),
            });
        }
        if let Some(line) = lines.iter().find(|line| path(line).is_none()) {
            return Err(PackagesError::Line(excerpt(line)));
        }
        // Some old distributions are single files, which no client installs.
        lines.retain(|line| path(line).is_some_and(|path| path.parse::<ReleasePath>().is_ok()));
        lines.sort_by_cached_key(|line| line.split(' ').next().map(str::to_ascii_lowercase));
        Ok(Self {
            date: date.timestamp(),
            header,
            dropped: count - lines.len(),
            lines,
        })
    }

    /// When it was written.
    pub fn date(&self) -> Timestamp {
        self.date
    }

    /// How many packages were left out, because what they are in is no release.
    pub fn dropped(&self) -> usize {
        self.dropped
    }

    /// The release that a package is in.
    pub fn find(&self, package: &str) -> Option<ReleasePath> {
        let is_it = |line: &&&str| line.split_ascii_whitespace().next() == Some(package);
        let line = self.lines.iter().find(is_it)?;
        path(line)?.parse().ok()
    }

    /// The list as clients need it.
    pub fn sorted(&self) -> Vec<u8> {
        let mut text = String::with_capacity(self.lines.len() * 100);
        for line in self.header.lines() {
            if line.starts_with("Line-Count:") {
                text.push_str(&format!("Line-Count:   {}\n", self.lines.len()));
            } else {
                text.push_str(line);
                text.push('\n');
            }
        }
        text.push('\n');
        for line in &self.lines {
            text.push_str(line);
            text.push('\n');
        }
        text.into_bytes()
    }
}

/// The path in a line of three words.
fn path(line: &str) -> Option<&str> {
    let mut words = line.split_ascii_whitespace();
    let (_package, _version, path) = (words.next()?, words.next()?, words.next()?);
    words.next().is_none().then_some(path)
}

fn excerpt(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIST: &str = "File:         02packages.details.txt\nLine-Count:   3\nLast-Updated: Tue, 24 Nov 2026 12:00:00 GMT\n\n\
        Zoo 1.0 A/AB/ABC/Zoo-1.0.tar.gz\nbar 1.0 A/AB/ABC/bar-1.0.tar.gz\nOld undef A/AB/ABC/Old.pm.gz\n";

    #[test]
    fn it_is_sorted_and_what_is_no_release_is_left_out() {
        let packages = Packages::parse(LIST.as_bytes()).unwrap();
        assert_eq!(packages.dropped(), 1);
        let found = |package| packages.find(package).map(|path| path.name.to_string());
        assert_eq!(found("Zoo").as_deref(), Some("Zoo-1.0.tar.gz"));
        assert_eq!((found("zoo"), found("Old")), (None, None));
        assert_eq!(packages.date().to_string(), "2026-11-24T12:00:00Z");
        let sorted = String::from_utf8(packages.sorted()).unwrap();
        assert!(
            sorted.ends_with(
                "\n\nbar 1.0 A/AB/ABC/bar-1.0.tar.gz\nZoo 1.0 A/AB/ABC/Zoo-1.0.tar.gz\n"
            )
        );
        assert!(sorted.contains("Line-Count:   2\n"));
        Packages::parse(sorted.as_bytes()).unwrap();
    }

    #[test]
    fn a_list_that_breaks_off_or_is_none_is_refused() {
        for (old, new) in [
            ("Line-Count:   3", "Line-Count:   4"),
            ("Last-Updated", "Updated"),
            ("Tue, 24 Nov 2026", "today"),
            ("Old undef ", "Old "),
            ("Old.pm.gz\n", "Old.pm.gz"),
            ("\n\n", "\n"),
        ] {
            let text = LIST.replacen(old, new, 1);
            assert!(Packages::parse(text.as_bytes()).is_err(), "{new}");
        }
        assert!(Packages::parse(b"\xff").is_err());
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd_and_what_is_read_is_read_again(text in "\\PC{0,40}", cut in 0..LIST.len()) {
            let mut mixed = LIST.as_bytes().to_vec();
            mixed.splice(cut..cut, text.bytes());
            if let Ok(packages) = Packages::parse(&mixed) {
                prop_assert!(Packages::parse(&packages.sorted()).is_ok());
            }
        }
    }
}
