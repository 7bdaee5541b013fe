//! Leaves of the CPAN log: one line for each file.

use std::{fmt, str::FromStr};

use cpan_sigstore_core::{bundle, digest::Sha256Digest, release::ReleasePath};
use cpan_sigstore_records::record::RecordName;

use crate::{
    encoding::{SIZE_LIMIT, decimal, excerpt},
    hash::NodeHash,
};

/// Longest leaf, in bytes. A leaf of the longest path of a CPAN has fewer, so that no author's file stops a log.
pub const LEAF_LIMIT: usize = 768;
/// Latest time of a leaf: the end of the year 9999.
pub const TIME_LIMIT: u64 = 253_402_300_799;
/// The start of every leaf.
const HEAD: &str = "cpan-log/v1";
/// The path of the package index.
pub const PACKAGE_INDEX_PATH: &str = "modules/02packages.details.txt";
/// The path of the author index, as a mirror serves it.
pub const AUTHOR_INDEX_PATH: &str = "-/index.json";
/// The folder of all authors.
const AUTHORS: &str = "authors/id/";

/// The kind of a logged file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LeafKind {
    /// An archive. Its path has one digest for ever.
    Archive,
    /// The bundle of an archive or of an author record.
    Bundle,
    /// An author record.
    Record,
    /// The package index, unpacked.
    PackageIndex,
    /// The author index.
    AuthorIndex,
}

impl LeafKind {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Archive,
        Self::Bundle,
        Self::Record,
        Self::PackageIndex,
        Self::AuthorIndex,
    ];

    /// The word in a leaf.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Archive => "archive",
            Self::Bundle => "bundle",
            Self::Record => "record",
            Self::PackageIndex => "package-index",
            Self::AuthorIndex => "author-index",
        }
    }
}

impl fmt::Display for LeafKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The path of a file that can be logged.
///
/// # Security
///
/// The path decides the kind. So no log calls an archive a bundle, whose digest may change.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LeafPath {
    text: String,
    kind: LeafKind,
}

impl LeafPath {
    /// The path below the root of a CPAN.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The kind of the file.
    pub const fn kind(&self) -> LeafKind {
        self.kind
    }
}

impl FromStr for LeafPath {
    type Err = LeafError;

    fn from_str(text: &str) -> Result<Self, LeafError> {
        let kind = kind_at(text).ok_or_else(|| LeafError::Path(excerpt(text)))?;
        Ok(Self {
            text: text.to_owned(),
            kind,
        })
    }
}

impl fmt::Display for LeafPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The kind of the file at a path; `None` if such files are not logged.
fn kind_at(path: &str) -> Option<LeafKind> {
    match path {
        PACKAGE_INDEX_PATH => return Some(LeafKind::PackageIndex),
        AUTHOR_INDEX_PATH => return Some(LeafKind::AuthorIndex),
        _ if !path.starts_with(AUTHORS) => return None,
        _ => {}
    }
    let (signed, is_bundle) = match path.strip_suffix(bundle::SUFFIX) {
        Some(signed) => (signed, true),
        None => (path, false),
    };
    let kind = if is_record(signed) {
        LeafKind::Record
    } else if signed.parse::<ReleasePath>().is_ok() {
        LeafKind::Archive
    } else {
        return None;
    };
    Some(if is_bundle { LeafKind::Bundle } else { kind })
}

/// Whether a path is that of an author record: in the author's own directory.
fn is_record(path: &str) -> bool {
    let name = path
        .rsplit_once('/')
        .and_then(|(_, name)| name.parse().ok());
    name.is_some_and(|name: RecordName| name.path() == path)
}

/// A leaf: the statement that a file was on a CPAN at a time.
///
/// Its text is one line, `cpan-log/v1 KIND PATH sha256:HEX SIZE TIME`, with a line feed at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    path: LeafPath,
    digest: Sha256Digest,
    size: u64,
    time: u64,
}

/// Reasons why bytes are no leaf.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeafError {
    /// The line has another form.
    #[error("invalid leaf: expected `{HEAD} KIND PATH sha256:HEX SIZE TIME`, found `{0}`")]
    Form(String),
    /// The leaf is too long.
    #[error("invalid leaf: expected at most {LEAF_LIMIT} bytes, found {0}")]
    Length(usize),
    /// The path is none that is logged.
    #[error(
        "invalid path of a leaf: expected an archive, a bundle or an author record in {AUTHORS}A/AU/AUTHOR/, or an index, found `{0}`"
    )]
    Path(String),
    /// The kind is not that of the path.
    #[error("invalid kind of {path}: expected {expected}, found {found}")]
    Kind {
        /// The path.
        path: LeafPath,
        /// The kind of the file at this path.
        expected: LeafKind,
        /// The kind in the leaf.
        found: LeafKind,
    },
}

impl Leaf {
    /// A leaf of these values.
    ///
    /// # Errors
    /// [`LeafError`] if a number is too large, or the leaf is too long.
    pub fn new(
        path: LeafPath,
        digest: Sha256Digest,
        size: u64,
        time: u64,
    ) -> Result<Self, LeafError> {
        let leaf = Self {
            path,
            digest,
            size,
            time,
        };
        let text = leaf.to_string();
        if text.len() > LEAF_LIMIT {
            return Err(LeafError::Length(text.len()));
        }
        if size > SIZE_LIMIT || time > TIME_LIMIT {
            return Err(LeafError::Form(excerpt(&text)));
        }
        Ok(leaf)
    }

    /// Reads a leaf.
    ///
    /// # Errors
    /// [`LeafError`] if it is none, or another text of the same values.
    pub fn parse(bytes: &[u8]) -> Result<Self, LeafError> {
        if bytes.len() > LEAF_LIMIT {
            return Err(LeafError::Length(bytes.len()));
        }
        let form = || LeafError::Form(excerpt(&String::from_utf8_lossy(bytes)));
        let text = std::str::from_utf8(bytes).map_err(|_| form())?;
        let mut words = text.strip_suffix('\n').ok_or_else(form)?.split(' ');
        let mut word = || words.next().ok_or_else(form);
        let (head, kind, path, digest) = (word()?, word()?, word()?, word()?);
        let (size, time) = (word()?, word()?);
        let kind = LeafKind::ALL
            .into_iter()
            .find(|known| known.as_str() == kind);
        let (Some(kind), Ok(digest)) = (kind, digest.parse()) else {
            return Err(form());
        };
        let (Some(size), Some(time)) = (decimal(size), decimal(time)) else {
            return Err(form());
        };
        let path: LeafPath = path.parse()?;
        if path.kind() != kind {
            let (expected, found) = (path.kind(), kind);
            return Err(LeafError::Kind {
                path,
                expected,
                found,
            });
        }
        let leaf = Self::new(path, digest, size, time)?;
        if head == HEAD && leaf.to_string() == text {
            Ok(leaf)
        } else {
            Err(form())
        }
    }

    /// The kind of the file.
    pub const fn kind(&self) -> LeafKind {
        self.path.kind()
    }

    /// The path below the root of a CPAN.
    pub const fn path(&self) -> &LeafPath {
        &self.path
    }

    /// The digest of the file.
    pub const fn digest(&self) -> Sha256Digest {
        self.digest
    }

    /// The size of the file, in bytes.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The time at which the log saw it, in Unix seconds.
    pub const fn time(&self) -> u64 {
        self.time
    }

    /// The hash of the leaf in the tree.
    pub fn hash(&self) -> NodeHash {
        NodeHash::of_leaf(self.to_string().as_bytes())
    }
}

impl fmt::Display for Leaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            path,
            digest,
            size,
            time,
        } = self;
        let kind = path.kind();
        writeln!(f, "{HEAD} {kind} {path} {digest} {size} {time}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    const PATH: &str = "authors/id/T/TI/TIMLEGGE/Foo-Bar-1.02.tar.gz";

    fn line() -> String {
        format!("cpan-log/v1 archive {PATH} sha256:{HEX} 1234 1790000000\n")
    }

    #[test]
    fn reads_one_line_for_each_leaf() {
        let leaf = Leaf::parse(line().as_bytes()).unwrap();
        assert_eq!(leaf.to_string(), line());
        assert_eq!(
            (leaf.kind(), leaf.size(), leaf.time()),
            (LeafKind::Archive, 1234, 1_790_000_000)
        );
        for (from, to) in [
            ("\n", ""),
            ("\n", "\n\n"),
            ("\n", "\r\n"),
            ("\n", " \n"),
            ("\n", " more\n"),
            ("v1", "v2"),
            (" archive", "  archive"),
            (" archive", " Archive"),
            (" archive", " package-index"),
            (" archive", "\tarchive"),
            ("ccddeeff ", "CCDDEEFF "),
            ("sha256:", "sha512:"),
            ("1234", "01234"),
            ("1234", "+1234"),
            ("1234", "9223372036854775808"),
            ("1790000000", "253402300800"),
            ("1790000000", "1790000000.5"),
        ] {
            let text = line().replacen(from, to, 1);
            assert!(Leaf::parse(text.as_bytes()).is_err(), "{text}");
        }
        assert!(Leaf::parse(&[&line().into_bytes()[..20], &[0xff]].concat()).is_err());
    }

    #[test]
    fn rejects_leaf_whose_kind_is_not_that_of_its_path() {
        let home = "authors/id/T/TI/TIMLEGGE";
        for (path, kind) in [
            (PATH.to_owned(), LeafKind::Archive),
            (format!("{home}/sub/dir/Foo-1.tgz"), LeafKind::Archive),
            (format!("{PATH}.sigstore.json"), LeafKind::Bundle),
            (
                format!("{home}/TIMLEGGE-sigstore-identities-1.json.sigstore.json"),
                LeafKind::Bundle,
            ),
            (
                format!("{home}/TIMLEGGE-sigstore-identities-12.json"),
                LeafKind::Record,
            ),
            (PACKAGE_INDEX_PATH.to_owned(), LeafKind::PackageIndex),
            (AUTHOR_INDEX_PATH.to_owned(), LeafKind::AuthorIndex),
        ] {
            for word in LeafKind::ALL {
                let text = format!("cpan-log/v1 {word} {path} sha256:{HEX} 1 2\n");
                let leaf = Leaf::parse(text.as_bytes());
                match leaf {
                    Ok(leaf) => assert_eq!((leaf.kind(), word), (kind, kind), "{text}"),
                    Err(LeafError::Kind { found, .. }) => {
                        assert!(found == word && word != kind, "{text}");
                    }
                    Err(error) => panic!("{text}: {error}"),
                }
            }
        }
    }

    #[test]
    fn rejects_paths_that_are_not_those_of_a_file_of_an_author() {
        for path in [
            "",
            "Foo-1.tgz",
            "/authors/id/T/TI/TIMLEGGE/Foo-1.tgz",
            "authors/id/T/TI/TIMLEGGE/",
            "authors/id/T/TI/TIMLEGGE",
            "authors/id/T/TI/timlegge/Foo-1.tgz",
            "authors/id/T/TX/TIMLEGGE/Foo-1.tgz",
            "authors/id/T/TI/TIMLEGGE//Foo-1.tgz",
            "authors/id/T/TI/TIMLEGGE/../Foo-1.tgz",
            "authors/id/T/TI/TIMLEGGE/.Foo-1.tgz",
            "authors/id/T/TI/TIMLEGGE/Foo 1.tgz",
            "authors/id/T/TI/TIMLEGGE/Foo-1\n.tgz",
            "authors/id/T/TI/TIMLEGGE/-Foo-1.tgz",
            "authors/id/T/TI/TIMLEGGE/sub/./Foo-1.tgz",
            "authors/id/T/TI/TIMLEGGEX",
            "modules/03modlist.data",
            "T/TI/TIMLEGGE/Foo-1.tgz",
            "authors/id/T/TI/TIMLEGGE/CHECKSUMS",
            "authors/id/T/TI/TIMLEGGE/Foo-1.meta",
            "authors/id/T/TI/TIMLEGGE/Foo-1.tgz.sigstore.json.sigstore.json",
            "authors/id/T/TI/TIMLEGGE/OTHER-sigstore-identities-1.json",
            "authors/id/T/TI/TIMLEGGE/sub/TIMLEGGE-sigstore-identities-1.json",
            "authors/id/T/TI/TIMLEGGE/authors/id/E/EV/EVIL/Foo-1.tgz",
        ] {
            assert!(path.parse::<LeafPath>().is_err(), "{path}");
        }
    }

    #[test]
    fn bounds_the_length_of_a_leaf() {
        let end = "-1.0.tar.gz.sigstore.json";
        let path = format!(
            "authors/id/T/TI/TIMLEGGE/{}/{}{end}",
            "d".repeat(200),
            "F".repeat(255 - end.len())
        );
        let digest = Sha256Digest::of(b"");
        let path = path.parse().unwrap();
        // The longest path, size and time fit.
        let leaf = Leaf::new(path, digest, SIZE_LIMIT, TIME_LIMIT).unwrap();
        let text = leaf.to_string();
        assert_eq!(Leaf::parse(text.as_bytes()).unwrap(), leaf);
        let longer = text.replacen(' ', &" ".repeat(LEAF_LIMIT), 1);
        let found = Leaf::parse(longer.as_bytes());
        assert!(matches!(found, Err(LeafError::Length(_))));
    }
}
