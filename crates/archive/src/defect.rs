//! What can be wrong with an archive, as stable codes.

use std::fmt;

use cpan_sigstore_core::page::page;
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
    ($($(#[doc = $doc:literal])* $variant:ident => $code:literal, $remedy:literal;)*) => {
        /// What is wrong. Codes are part of the interface, and do not change their meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($(#[doc = $doc])* $variant,)*
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

            /// One sentence about it.
            pub fn summary(self) -> &'static str {
                let text = match self {
                    $(Self::$variant => concat!($($doc),*),)*
                };
                text.trim()
            }

            /// The address of the page about it.
            pub fn page(self) -> String {
                page(self.as_str())
            }

            /// What to do about it.
            pub const fn remedy(self) -> &'static str {
                match self {
                    $(Self::$variant => $remedy,)*
                }
            }
        }
    };
}

codes! {
    // The file.
    /// The file has no bytes, or the archive no members.
    Empty => "empty",
        "build the release again; PAUSE answers an empty upload as if it had gone well, and does nothing";
    /// The name has none of the suffixes that PAUSE indexes.
    SuffixUnknown => "suffix-unknown",
        "name it after what is inside, .tar.gz for most";
    /// The suffix says one kind of archive, the first bytes another.
    SuffixMismatch => "suffix-mismatch",
        "give it the suffix of what is inside, or pack it again";
    /// The name has characters that PAUSE drops.
    NameCharacters => "name-characters",
        "rename it: PAUSE drops other characters in silence, and publishes under a name that was not signed";
    /// The path on PAUSE would be longer than it takes.
    PathTooLong => "path-too-long",
        "shorten the name or the subdirectory";
    /// The name belongs to PAUSE.
    NameReserved => "name-reserved",
        "rename it: PAUSE writes a file of this name itself";
    /// The file name has no version.
    NameUnversioned => "name-unversioned",
        "name it DISTRIBUTION-VERSION, as `make dist` does; without a version no client can tell which is newer";
    // The compressed stream.
    /// The archive ends early, or is damaged.
    ArchiveCorrupt => "archive-corrupt",
        "build the release again";
    /// A limit on what is read was passed.
    LimitPassed => "limit-passed",
        "leave out what is not needed, or split the release";
    /// Bytes follow the compressed stream.
    TrailingBytes => "trailing-bytes",
        "`cpan-sigstore check --fix` takes them away; PAUSE compresses an archive with such bytes anew, which breaks its signature";
    /// Something follows the end of the archive within the compressed stream.
    DataAfterEnd => "data-after-end",
        "pack it again: some readers stop at the end, others go on";
    // Members.
    /// A member that everybody may write to.
    WorldWritable => "world-writable",
        "`cpan-sigstore check --fix` takes the permission away; PAUSE repacks or refuses such an archive, which breaks its signature";
    /// A member whose path leads out of the folder it is unpacked in.
    PathEscapes => "path-escapes",
        "pack it again with paths below one folder";
    /// A link that leads out of the folder it is unpacked in.
    LinkEscapes => "link-escapes",
        "put a copy of the file in its place";
    /// A member that is unpacked through a link.
    MemberThroughLink => "member-through-link",
        "put a folder in the place of the link";
    /// A member that is neither file, folder nor link.
    MemberKind => "member-kind",
        "leave it out: a release has files and folders";
    /// A member that two readers see differently.
    MemberAmbiguous => "member-ambiguous",
        "pack it again: readers disagree about what the member is called";
    /// A second member of the same path.
    MemberTwice => "member-twice",
        "pack it again with each file once; look for lines that stand twice in MANIFEST";
    /// Members whose paths differ in the case of letters alone.
    MemberCase => "member-case",
        "rename one: on Windows and macOS one file replaces the other";
    /// More than one folder at the top, or files beside it.
    TopFolders => "top-folders",
        "pack it as `make dist` does; PAUSE does not index a release that is not in one folder";
    /// The one folder at the top is not named after the release.
    TopFolderName => "top-folder-name",
        "pack it as `make dist` does, in a folder named like the file";
    /// Files of a build, for which PAUSE does not index the release.
    BuildFolder => "build-folder",
        "leave blib/ out, as `make dist` does; PAUSE does not index a release with it";
    /// A Raku distribution, which PAUSE moves into another folder.
    Raku => "raku",
        "upload it with `--subdirectory Perl6`, where PAUSE moves it to";
    // META.
    /// META states another name or version than the file name.
    NameMismatch => "name-mismatch",
        "build the release again, or give the file the name that META states";
    /// META.json and META.yml state different names or versions.
    MetaDisagree => "meta-disagree",
        "build the release again: PAUSE reads META.yml, clients META.json";
    /// There is META that cannot be read.
    MetaUnreadable => "meta-unreadable",
        "build the release again with a current toolchain";
    /// No META states name and version, so that the file name is checked against nothing.
    NameUnchecked => "name-unchecked",
        "add META.json and META.yml, as `make dist` does";
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
