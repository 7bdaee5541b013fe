//! Defects of archives, as stable codes.

use std::fmt;

use cpan_sigstore_core::page::page;
use serde::{Serialize, Serializer};

/// Severity of a defect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// PAUSE and clients accept the archive unchanged.
    Warning,
    /// PAUSE would change or drop the archive, clients would refuse it, or its name is wrong.
    Error,
}

macro_rules! defects {
    ($($variant:ident = $code:literal, $summary:literal;)*) => {
        /// A defect of an archive. The codes are an interface and never change their meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Defect {
            $(#[doc = $summary] $variant,)*
        }

        impl Defect {
            /// Every defect.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Returns the stable kebab-case code.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)*
                }
            }

            /// Returns the address of the page about the defect.
            pub fn page(self) -> String {
                page(self.as_str())
            }

            /// Returns one sentence that describes the defect.
            pub const fn summary(self) -> &'static str {
                match self {
                    $(Self::$variant => $summary,)*
                }
            }
        }
    };
}

defects! {
    // The file.
    Empty = "empty", "The file has no bytes, or the archive has no members.";
    SuffixUnknown = "suffix-unknown", "The name has no suffix that PAUSE indexes.";
    SuffixMismatch = "suffix-mismatch", "The suffix contradicts the first bytes of the file.";
    NameCharacters = "name-characters", "The name has characters that PAUSE drops.";
    PathTooLong = "path-too-long", "The path on PAUSE would be too long.";
    NameReserved = "name-reserved", "PAUSE reserves the name for itself.";
    NameUnversioned = "name-unversioned", "The file name has no version.";
    // The compressed stream.
    ArchiveCorrupt = "archive-corrupt", "The archive ends early or is damaged.";
    LimitPassed = "limit-passed", "The archive exceeds a limit on what is read.";
    HeaderForm = "header-form", "A header of the tar archive has a form that no common program writes.";
    ExtensionForm = "extension-form", "An extended header of the tar archive has a form that no common program writes.";
    ZipForm = "zip-form", "The zip archive has a form that no common program writes.";
    TrailingBytes = "trailing-bytes", "Bytes follow the compressed stream.";
    DataAfterEnd = "data-after-end", "Data follows the end of the archive in the compressed stream.";
    // Members.
    WorldWritable = "world-writable", "Everyone may write to a member.";
    PathEscapes = "path-escapes", "A member's path leads out of the folder in which it is unpacked.";
    LinkEscapes = "link-escapes", "A link leads out of the folder in which it is unpacked.";
    MemberThroughLink = "member-through-link", "A member is unpacked through a link.";
    MemberKind = "member-kind", "A member is neither a file nor a folder nor a link.";
    MemberAmbiguous = "member-ambiguous", "Two readers see a member differently.";
    MemberTwice = "member-twice", "Two members have the same path.";
    MemberCase = "member-case", "The paths of two members differ only in letter case.";
    TopFolders = "top-folders", "There are several top folders, or files outside the top folder.";
    TopFolderName = "top-folder-name", "The top folder is not named after the release.";
    BuildFolder = "build-folder", "The archive has files of a build. PAUSE does not index such a release.";
    Raku = "raku", "This is a Raku distribution, which PAUSE moves to another folder.";
    // META.
    NameMismatch = "name-mismatch", "META states another name or version than the file name.";
    MetaDisagree = "meta-disagree", "META.json and META.yml state different names or versions.";
    MetaUnreadable = "meta-unreadable", "A META file cannot be read.";
    NameUnchecked = "name-unchecked", "No META file states name and version, so the file name is unchecked.";
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Defect {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A defect of one archive, with all members that have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefectReport {
    pub code: Defect,
    pub severity: Severity,
    /// A noun phrase, as in "expected …".
    pub expected: String,
    /// A noun phrase, as in "found …".
    pub found: String,
    /// Whether [`fix`](crate::fix::fix) repairs it.
    pub fixable: bool,
    /// How many members have it; 0 if it is a defect of the file.
    pub count: u64,
    /// Paths of the first of these members.
    pub members: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_codes_distinct_and_summaries_free_of_flags() {
        let mut codes: Vec<_> = Defect::ALL.iter().map(|defect| defect.as_str()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Defect::ALL.len());
        for defect in Defect::ALL {
            let summary = defect.summary();
            assert!(
                summary.ends_with('.') && !summary.contains("--"),
                "{defect}"
            );
        }
    }
}
