//! What can be wrong with an archive, as stable codes.

use std::fmt;

use serde::{Serialize, Serializer};

/// How bad a defect is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// PAUSE and clients take the archive as it is; it should be known.
    Warning,
    /// PAUSE would change or drop the archive, clients would refuse it, or it is another release than
    /// its name says.
    Error,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident => $code:literal,)*) => {
        /// What is wrong. Codes are part of the interface, and do not change their meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($(#[$doc])* $variant,)*
        }

        impl Code {
            /// All codes.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable kebab-case code.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)*
                }
            }
        }
    };
}

codes! {
    // The file.
    /// The file has no bytes.
    EmptyFile => "empty-file",
    /// The name has none of the suffixes that PAUSE indexes.
    SuffixUnknown => "suffix-unknown",
    /// The suffix says one kind of archive, the first bytes another.
    SuffixMismatch => "suffix-mismatch",
    /// The name has characters that PAUSE drops.
    NameCharacters => "name-characters",
    /// The path on PAUSE would be longer than it takes.
    PathTooLong => "path-too-long",
    /// The name belongs to PAUSE.
    NameReserved => "name-reserved",
    /// The file name has no version.
    NameUnversioned => "name-unversioned",
    // The compressed stream.
    /// The archive ends early, or is damaged.
    ArchiveCorrupt => "archive-corrupt",
    /// A limit on what is read was passed.
    LimitPassed => "limit-passed",
    /// Bytes follow the compressed stream.
    TrailingBytes => "trailing-bytes",
    /// Something follows the end of the archive within the compressed stream.
    DataAfterEnd => "data-after-end",
    // Members.
    /// A member that everybody may write to.
    WorldWritable => "world-writable",
    /// A member whose path leads out of the folder it is unpacked in.
    PathEscapes => "path-escapes",
    /// A link that leads out of the folder it is unpacked in.
    LinkEscapes => "link-escapes",
    /// A member that is unpacked through a link.
    MemberThroughLink => "member-through-link",
    /// A member that is neither file, folder nor link.
    MemberKind => "member-kind",
    /// A member that two readers see differently.
    MemberAmbiguous => "member-ambiguous",
    /// A second member of the same path.
    MemberTwice => "member-twice",
    /// Members whose paths differ in the case of letters alone.
    MemberCase => "member-case",
    /// More than one folder at the top, or files beside it.
    TopFolders => "top-folders",
    /// The one folder at the top is not named after the release.
    TopFolderName => "top-folder-name",
    /// Files of a build, for which PAUSE does not index the release.
    BuildFolder => "build-folder",
    /// A Raku distribution, which PAUSE moves into another folder.
    Raku => "raku",
    // META.
    /// META states another name or version than the file name.
    NameMismatch => "name-mismatch",
    /// META.json and META.yml state different names or versions.
    MetaDisagree => "meta-disagree",
    /// There is META that cannot be read.
    MetaUnreadable => "meta-unreadable",
    /// No META states name and version, so that the file name is checked against nothing.
    NameUnchecked => "name-unchecked",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// One thing that is wrong, with all members it concerns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Defect {
    /// What is wrong.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What should be.
    pub expected: String,
    /// What is there.
    pub found: String,
    /// What to do.
    pub remedy: &'static str,
    /// How many members it concerns; 0 where it is about the file itself.
    pub count: u64,
    /// The first of these members, by path.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<String>,
}
