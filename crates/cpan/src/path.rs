//! The paths of a CPAN. A mirror has no others.

use std::fmt;

use crate::directory::Directory;
use cpan_sigstore_core::release::{PauseId, ReleasePath, Subdirectory};
use cpan_sigstore_records::record::{self, RecordName};

/// The end of a bundle's name, after the name of its archive.
pub use cpan_sigstore_core::bundle::SUFFIX as BUNDLE_SUFFIX;
/// Length limit of a path, in bytes; PAUSE's own have at most 255.
const LONGEST: usize = 512;

/// One of the files that list the packages, permissions and authors of a CPAN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SiteFile {
    /// `modules/02packages.details.txt`: the release that contains each package.
    Packages,
    /// `modules/03modlist.data`: a Perl program, once the list of registered modules.
    ModuleList,
    /// `modules/06perms.txt`: the authors who may have each package indexed.
    Permissions,
    /// `authors/01mailrc.txt`: the authors and their names.
    Authors,
}

impl SiteFile {
    const ALL: [Self; 4] = [
        Self::Packages,
        Self::ModuleList,
        Self::Permissions,
        Self::Authors,
    ];

    /// Its path without `.gz`.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Packages => "modules/02packages.details.txt",
            Self::ModuleList => "modules/03modlist.data",
            Self::Permissions => "modules/06perms.txt",
            Self::Authors => "authors/01mailrc.txt",
        }
    }
}

/// A file of a CPAN.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum CpanPath {
    /// An archive.
    Release(ReleasePath),
    /// The bundle of an archive.
    Bundle(ReleasePath),
    /// An author record, or its bundle.
    AuthorRecord {
        /// The author and version.
        name: RecordName,
        /// Whether it is the bundle.
        bundle: bool,
    },
    /// CHECKSUMS of a directory, by its path.
    Checksums(String),
    /// The package index or one of its siblings.
    SiteFile {
        /// The file.
        file: SiteFile,
        /// Whether it is the gzip.
        packed: bool,
    },
}

impl CpanPath {
    /// The file at a path below the root of a CPAN; `None` if a mirror has no such file.
    ///
    /// Each file has exactly one path: none is normalised or completed.
    pub fn at(path: &str) -> Option<Self> {
        if path.len() > LONGEST {
            return None;
        }
        if let Some((file, packed)) = Self::site_file(path) {
            return Some(Self::SiteFile { file, packed });
        }
        if let Some(directory) = path.strip_suffix("/CHECKSUMS") {
            return directory_at(directory)
                .map(|directory| Self::Checksums(directory.path("CHECKSUMS")));
        }
        if !path.starts_with("authors/id/") {
            return None;
        }
        if let Some(record) = Self::author_record(path) {
            return Some(record);
        }
        match path.strip_suffix(BUNDLE_SUFFIX) {
            Some(archive) => archive.parse().ok().map(Self::Bundle),
            None => path.parse().ok().map(Self::Release),
        }
    }

    fn author_record(path: &str) -> Option<Self> {
        let (record, bundle) = match path.strip_suffix(BUNDLE_SUFFIX) {
            Some(record) => (record, true),
            None => (path, false),
        };
        let name: RecordName = record.rsplit_once('/')?.1.parse().ok()?;
        (name.path() == record).then_some(Self::AuthorRecord { name, bundle })
    }

    fn site_file(path: &str) -> Option<(SiteFile, bool)> {
        SiteFile::ALL
            .into_iter()
            .find_map(|file| match path.strip_prefix(file.path())? {
                "" => Some((file, false)),
                ".gz" => Some((file, true)),
                _ => None,
            })
    }

    /// Its media type.
    pub fn content_type(&self) -> &'static str {
        match self {
            Self::Bundle(_) | Self::AuthorRecord { bundle: true, .. } => "application/json",
            Self::AuthorRecord { bundle: false, .. } => record::MEDIA_TYPE,
            Self::SiteFile { packed: true, .. } => "application/x-gzip",
            Self::SiteFile { packed: false, .. } | Self::Checksums(_) => {
                "text/plain; charset=utf-8"
            }
            Self::Release(_) => "application/octet-stream",
        }
    }
}

impl fmt::Display for CpanPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Release(path) => write!(f, "{path}"),
            Self::Bundle(path) => write!(f, "{path}{BUNDLE_SUFFIX}"),
            Self::AuthorRecord { name, bundle } => {
                f.write_str(&name.path())?;
                f.write_str(if *bundle { BUNDLE_SUFFIX } else { "" })
            }
            Self::Checksums(path) => f.write_str(path),
            Self::SiteFile { file, packed } => {
                f.write_str(file.path())?;
                f.write_str(if *packed { ".gz" } else { "" })
            }
        }
    }
}

/// The directory of an author at `authors/id/A/AU/AUTHOR[/sub]`.
fn directory_at(path: &str) -> Option<Directory> {
    let author: PauseId = path.split('/').nth(4)?.parse().ok()?;
    let home = author.directory();
    let below = format!("{path}/");
    let below = below.strip_prefix(&home)?;
    let subdirectory = match below.strip_suffix('/') {
        None => None,
        Some(folder) => {
            let subdirectory: Subdirectory = folder.parse().ok()?;
            (subdirectory.as_str() == folder).then_some(())?;
            Some(subdirectory)
        }
    };
    Some(Directory::new(author, subdirectory))
}

/// The path below the root of a CPAN in the path of any host's address, such as
/// `/pub/CPAN/authors/id/…`: it begins at the first `authors/` or `modules/`.
pub fn below_any_cpan(path: &str) -> Option<&str> {
    ["/authors/", "/modules/"]
        .into_iter()
        .filter_map(|folder| path.find(folder))
        .min()
        .map(|at| &path[at + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parses_each_path_to_itself() {
        for path in [
            "authors/id/T/TI/TIMLEGGE/Foo-1.0.tar.gz",
            "authors/id/T/TI/TIMLEGGE/sub/Foo-1.0.zip",
            "authors/id/T/TI/TIMLEGGE/Foo-1.0.tar.gz.sigstore.json",
            "authors/id/T/TI/TIMLEGGE/TIMLEGGE-sigstore-identities-12.json",
            "authors/id/T/TI/TIMLEGGE/TIMLEGGE-sigstore-identities-1.json.sigstore.json",
            "authors/id/T/TI/TIMLEGGE/CHECKSUMS",
            "authors/id/T/TI/TIMLEGGE/sub/CHECKSUMS",
            "modules/02packages.details.txt",
            "modules/02packages.details.txt.gz",
            "modules/03modlist.data.gz",
            "modules/06perms.txt",
            "authors/01mailrc.txt.gz",
        ] {
            assert_eq!(CpanPath::at(path).unwrap().to_string(), path);
        }
    }

    #[test]
    fn rejects_all_other_paths() {
        for path in [
            "",
            "T/TI/TIMLEGGE/Foo-1.0.tar.gz",
            "authors/id/T/TI/timlegge/Foo-1.0.tar.gz",
            "authors/id/T/XX/TIMLEGGE/Foo-1.0.tar.gz",
            "authors/id/T/TI/TIMLEGGE/../../A/AA/AAA/Foo-1.0.tar.gz",
            "authors/id/T/TI/TIMLEGGE//Foo-1.0.tar.gz",
            "authors/id/T/TI/TIMLEGGE/Foo-1.0.meta",
            "authors/id/T/TI/TIMLEGGE/Foo-1.0.pm.gz",
            "authors/id/T/TI/TIMLEGGE/../CHECKSUMS",
            "authors/id/CHECKSUMS",
            "authors/id/T/TI/CHECKSUMS",
            "authors/id/T/TI/TIMLEGGE/Foo.sigstore.json",
            "authors/id/T/TI/TIMLEGGE/OTHER-sigstore-identities-1.json",
            "authors/id/T/TI/TIMLEGGE/TIMLEGGE-sigstore-identities-01.json",
            "authors/id/T/TI/TIMLEGGE/sub/TIMLEGGE-sigstore-identities-1.json",
            "modules/02packages.details.txt.gz.bak",
            "modules/../modules/06perms.txt",
            "/modules/06perms.txt",
        ] {
            assert_eq!(CpanPath::at(path), None, "{path}");
        }
    }

    #[test]
    fn finds_path_in_the_address_of_any_cpan() {
        assert_eq!(
            below_any_cpan("/pub/CPAN/authors/id/A/AB/ABC/F-1.tar.gz"),
            Some("authors/id/A/AB/ABC/F-1.tar.gz")
        );
        assert_eq!(
            below_any_cpan("/modules/02packages.details.txt.gz"),
            Some("modules/02packages.details.txt.gz")
        );
        assert_eq!(below_any_cpan("/v1/download_url/Foo"), None);
    }

    proptest! {
        #[test]
        fn no_path_leads_out(path in "(authors/id/)?([A-Z./]{0,6}/){0,4}[ -~]{0,12}(\\.tar\\.gz|/CHECKSUMS)?") {
            if let Some(wanted) = CpanPath::at(&path) {
                prop_assert_eq!(wanted.to_string(), path.clone());
                prop_assert!(path.split('/').all(|part| !part.is_empty() && part != ".." && part != "."));
            }
        }
    }
}
