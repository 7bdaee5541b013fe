//! The error of the package index and its siblings, and what they share.

use cpan_sigstore_core::text::count;
use jiff::Timestamp;

use crate::path::SiteFile;

/// Characters of foreign text that an error shows.
const EXCERPT: usize = 80;

/// Reasons to refuse an index.
#[derive(Debug, thiserror::Error)]
pub enum PackageIndexError {
    /// The header, or the blank line after the header, is missing.
    #[error("invalid package index: expected a header and a blank line, found none")]
    NoHeader,
    /// A field of the header is no number.
    #[error(
        "invalid header of the package index: expected a number in `{0}`, found something else"
    )]
    Number(&'static str),
    /// A line of the header has another form, such as that of a package.
    #[error("invalid header of the package index: expected `Name: value`, found `{0}`")]
    HeaderLine(String),
    /// The header has a field twice.
    #[error("invalid header of the package index: expected `{0}` once, found it twice")]
    FieldTwice(&'static str),
    /// It is dated in the future.
    #[error("the package index is dated {found}, and the clock of this machine says {now}")]
    InTheFuture {
        /// The date in the header.
        found: Timestamp,
        /// The time of this machine.
        now: Timestamp,
    },
    /// It has a date, and fewer packages than its header states.
    #[error(
        "the package index may be cut off: expected {} as the header states, found {found}",
        count(*expected, "package")
    )]
    Count {
        /// The number that the header states.
        expected: usize,
        /// The number of lines.
        found: usize,
    },
    /// A line has another form.
    #[error("invalid line of the package index: expected `package version path`, found `{0}`")]
    Line(String),
    /// Two lines state different things of one package, so that two readers may install two releases.
    #[error("invalid package index: expected each package once, found `{0}` twice")]
    PackageTwice(String),
    /// A sibling file has another form.
    #[error("invalid {file}: expected {expected}, found `{found}`")]
    Form {
        /// The path of the file.
        file: &'static str,
        /// The expected form.
        expected: &'static str,
        /// The beginning of the text that was found.
        found: String,
    },
}

pub(super) fn invalid(file: SiteFile, expected: &'static str, found: &str) -> PackageIndexError {
    PackageIndexError::Form {
        file: file.path(),
        expected,
        found: excerpt(found.lines().next().unwrap_or_default()),
    }
}

pub(super) fn http_date(date: Timestamp) -> impl std::fmt::Display {
    date.strftime("%a, %d %b %Y %H:%M:%S GMT")
}

pub(super) fn excerpt(text: &str) -> String {
    text.chars().take(EXCERPT).collect()
}

pub(super) fn is_control(c: char) -> bool {
    c.is_control() && c != '\t'
}
