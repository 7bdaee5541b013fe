//! The path at which an uploaded file would be published.

use std::{fmt, str::FromStr};

use cpan_sigstore_core::{
    bundle::SUFFIX,
    release::{PauseId, ReleasePath},
};
use cpan_sigstore_records::record::RecordName;

/// Length limit of a path, in bytes.
const LONGEST: usize = 512;
/// The part of a record's name between author and version.
const RECORD: &str = "-sigstore-identities-";

/// What an uploaded file is, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UploadKind {
    /// An archive.
    Release,
    /// A bundle.
    Bundle,
    /// An author record.
    Record,
}

impl UploadKind {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Bundle => "bundle",
            Self::Record => "record",
        }
    }
}

impl fmt::Display for UploadKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// The path below `authors/id`, such as `T/TI/TIMLEGGE/Foo-1.0.tar.gz`. No part of it leads out of the author's
/// directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadPath {
    text: String,
    author: PauseId,
    target: UploadTarget,
}

/// The file that a path names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum UploadTarget {
    Release(ReleasePath),
    /// No name of a release, so that nobody can verify it.
    OddRelease(String),
    Bundle(ReleasePath),
    /// The bundle of a file that is no release and no record.
    OddBundle,
    Record(RecordName),
    /// Nearly the name of a record. No reader takes it for one.
    OddRecord(String),
    RecordBundle(RecordName),
}

/// The text is no path of an uploaded file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid path: expected one such as T/TI/TIMLEGGE/Foo-1.0.tar.gz, found `{0}`")]
pub struct UploadPathError(String);

impl UploadPath {
    /// The author.
    pub fn author(&self) -> &PauseId {
        &self.author
    }

    /// The path below `authors/id`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What the file is.
    pub fn kind(&self) -> UploadKind {
        match self.target {
            UploadTarget::Release(_) | UploadTarget::OddRelease(_) => UploadKind::Release,
            UploadTarget::Bundle(_) | UploadTarget::OddBundle | UploadTarget::RecordBundle(_) => {
                UploadKind::Bundle
            }
            UploadTarget::Record(_) | UploadTarget::OddRecord(_) => UploadKind::Record,
        }
    }

    pub(super) fn target(&self) -> &UploadTarget {
        &self.target
    }
}

impl FromStr for UploadPath {
    type Err = UploadPathError;

    /// Reads a path. One file has one path, to the letter: an id in small letters is another one.
    fn from_str(text: &str) -> Result<Self, UploadPathError> {
        read(text).ok_or_else(|| UploadPathError(text.chars().take(80).collect()))
    }
}

fn read(text: &str) -> Option<UploadPath> {
    if text.len() > LONGEST || text.chars().any(|c| c.is_control() || c == '\\') {
        return None;
    }
    let id = text.split('/').nth(2)?;
    let author: PauseId = id.parse().ok()?;
    let whole = format!("authors/id/{text}");
    let below = whole.strip_prefix(&author.directory())?;
    let is_inside = |part: &str| !matches!(part, "" | "." | "..");
    if !below.split('/').all(is_inside) {
        return None;
    }
    Some(UploadPath {
        target: target(&whole, below),
        text: text.to_owned(),
        author,
    })
}

fn target(whole: &str, below: &str) -> UploadTarget {
    let record = |path: &str| {
        let name: RecordName = path.rsplit('/').next()?.parse().ok()?;
        (name.path() == path).then_some(name)
    };
    if let Some(signed) = whole.strip_suffix(SUFFIX) {
        return match (record(signed), signed.parse()) {
            (Some(name), _) => UploadTarget::RecordBundle(name),
            (None, Ok(release)) => UploadTarget::Bundle(release),
            (None, Err(_)) => UploadTarget::OddBundle,
        };
    }
    if let Some(name) = record(whole) {
        return UploadTarget::Record(name);
    }
    let name = below.rsplit('/').next().unwrap_or(below);
    let small = name.to_ascii_lowercase();
    if small.contains(RECORD) && small.ends_with(".json") {
        return UploadTarget::OddRecord(name.to_owned());
    }
    match whole.parse() {
        Ok(release) => UploadTarget::Release(release),
        Err(_) => UploadTarget::OddRelease(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str) -> Option<UploadKind> {
        Some(text.parse::<UploadPath>().ok()?.kind())
    }

    #[test]
    fn states_the_kind_of_an_upload_by_its_path() {
        for (path, expected) in [
            ("M/MY/MYAUTHOR/Foo-1.0.tar.gz", UploadKind::Release),
            ("M/MY/MYAUTHOR/sub/Foo-1.0.zip", UploadKind::Release),
            // PAUSE indexes it, and it is no name of a release.
            ("M/MY/MYAUTHOR/Foo-1.0.tar_gz", UploadKind::Release),
            (
                "M/MY/MYAUTHOR/Foo-1.0.tar.gz.sigstore.json",
                UploadKind::Bundle,
            ),
            ("M/MY/MYAUTHOR/README.sigstore.json", UploadKind::Bundle),
            (
                "M/MY/MYAUTHOR/MYAUTHOR-sigstore-identities-2.json",
                UploadKind::Record,
            ),
            (
                "M/MY/MYAUTHOR/MYAUTHOR-sigstore-identities-2.json.sigstore.json",
                UploadKind::Bundle,
            ),
            (
                "M/MY/MYAUTHOR/sub/MYAUTHOR-sigstore-identities-2.json",
                UploadKind::Record,
            ),
            (
                "M/MY/MYAUTHOR/OTHER-sigstore-identities-02.json",
                UploadKind::Record,
            ),
        ] {
            assert_eq!(kind(path), Some(expected), "{path}");
        }
    }

    #[test]
    fn rejects_author_id_in_other_spelling_in_upload_path() {
        for path in [
            "M/MY/myauthor/Foo-1.0.tar.gz",
            "m/my/MYAUTHOR/Foo-1.0.tar.gz",
            "M/MY/MyAuthor/Foo-1.0.tar.gz",
            "M/MY/MYAUTHOR /Foo-1.0.tar.gz",
            "M/MX/MYAUTHOR/Foo-1.0.tar.gz",
            "authors/id/M/MY/MYAUTHOR/Foo-1.0.tar.gz",
            "MYAUTHOR/Foo-1.0.tar.gz",
            "M/MY/MY\u{410}UTHOR/Foo-1.0.tar.gz",
        ] {
            assert_eq!(kind(path), None, "{path}");
        }
    }

    #[test]
    fn rejects_upload_path_that_leads_out() {
        for path in [
            "",
            "M/MY/MYAUTHOR",
            "M/MY/MYAUTHOR/",
            "M/MY/MYAUTHOR/../OTHER/Foo-1.0.tar.gz",
            "M/MY/MYAUTHOR/sub/../../OTHER/Foo-1.0.tar.gz",
            "M/MY/MYAUTHOR//Foo-1.0.tar.gz",
            "M/MY/MYAUTHOR/./Foo-1.0.tar.gz",
            "/M/MY/MYAUTHOR/Foo-1.0.tar.gz",
            "M/MY/MYAUTHOR/Foo-1.0.tar.gz\n",
            "M/MY/MYAUTHOR/sub\\Foo-1.0.tar.gz",
        ] {
            assert_eq!(kind(path), None, "{path}");
        }
    }
}
