//! Forms outside the grammar of section 2.6 of the standard. Readers may take them differently.

use crate::Defect;

/// A form that no common program writes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    #[error("{problem} in the header at byte {at} of the tar archive")]
    Header { at: u64, problem: HeaderProblem },
    #[error("{problem} at byte {at} of the tar archive")]
    Extension { at: u64, problem: ExtensionProblem },
    #[error("{problem}")]
    Zip { problem: ZipProblem },
}

/// A form that no common program writes in a header of a tar archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderProblem {
    #[error("another magic than those of POSIX, GNU tar and the oldest format")]
    Magic,
    #[error("a malformed number in the field `{0}`")]
    Number(&'static str),
    #[error("bytes after the end of the text in the field `{0}`")]
    Text(&'static str),
    #[error("bytes in the field `{0}`, which has no meaning there")]
    Unused(&'static str),
    #[error("an extended header of another format")]
    Format,
    #[error("a sum of bytes that does not fit into 16 bits")]
    Sum,
    #[error("the magic of another format at the start of the name")]
    OtherFormat,
    #[error("an empty name")]
    NoName,
    #[error("a name that ends like that of a folder")]
    FolderName,
    #[error("the name `pax_global_header`, which some readers skip,")]
    ReservedName,
}

/// A form that no common program writes in an extended header of a tar archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExtensionProblem {
    #[error("an extended header with a malformed record")]
    Record,
    #[error("an extended header with an unknown or repeated key")]
    Key,
    #[error("an extended header with an invalid value of `{0}`")]
    Value(&'static str),
    #[error("an extended header that hides a member header")]
    HiddenHeader,
    #[error("bytes after the data of an extended header")]
    Padding,
    #[error("two extended headers for one member")]
    Second,
    #[error("an extended header without a member after it")]
    Unused,
    #[error("a global header after a member")]
    LateGlobal,
    #[error("a link target of GNU tar that does not fit into a header")]
    LongLink,
    #[error("a size that contradicts the member's header in an extended header")]
    Size,
}

/// A form that no common program writes in a zip archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ZipProblem {
    #[error("not exactly one end record at the end of the zip archive")]
    End,
    #[error("an end record that contradicts the directory of the zip archive")]
    Directory,
    #[error("a zip member with a malformed {0}")]
    Malformed(&'static str),
    #[error("two headers of one zip member that state different {0}")]
    Contradiction(&'static str),
    #[error("a zip archive that is an image of a disk, too")]
    OtherFormat,
    #[error("a zip member with an unsupported {0}")]
    Unsupported(&'static str),
}

impl FormError {
    /// Returns the defect of an archive with this form.
    pub const fn defect(&self) -> Defect {
        match self {
            Self::Header { .. } => Defect::HeaderForm,
            Self::Extension { .. } => Defect::ExtensionForm,
            Self::Zip { .. } => Defect::ZipForm,
        }
    }

    /// Returns the expected form, as a noun phrase.
    pub const fn expected(&self) -> &'static str {
        match self {
            Self::Header { .. } => "headers as GNU tar, bsdtar, Archive::Tar or git write them",
            Self::Extension { .. } => {
                "extended headers as GNU tar, bsdtar, Archive::Tar or git write them"
            }
            Self::Zip { .. } => "records as Info-ZIP or Archive::Zip write them",
        }
    }
}

impl From<ZipProblem> for FormError {
    fn from(problem: ZipProblem) -> Self {
        Self::Zip { problem }
    }
}
