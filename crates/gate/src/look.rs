//! What the archive says of itself: the name in it, and whether every reader sees the same files in it.

use cpan_sigstore_archive::{Code, Defect, Preflight, Severity};
use cpan_sigstore_core::finding::Finding;

/// What the archive says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ArchiveLook {
    /// It is the release that its name says, and harmless to unpack.
    Fits,
    /// Something to be known, the worst first.
    Finding {
        finding: Finding,
        expected: String,
        found: String,
    },
}

impl ArchiveLook {
    /// What of an archive's defects concerns whoever installs it. Others, such as permissions that PAUSE
    /// repacks, concern its author.
    pub fn of(preflight: &Preflight) -> Self {
        let told = preflight
            .defects
            .iter()
            .filter_map(|defect| Some((finding(defect)?, defect)));
        let Some((finding, defect)) = told.min_by_key(|(finding, _)| rank(*finding)) else {
            return Self::Fits;
        };
        Self::Finding {
            finding,
            expected: defect.expected.clone(),
            found: format!("{} ({})", defect.found, defect.code),
        }
    }
}

/// What a defect means to whoever installs.
fn finding(defect: &Defect) -> Option<Finding> {
    match defect.code {
        Code::NameMismatch | Code::MetaDisagree => Some(Finding::NameMismatch),
        // Name or version twice in one META: which of them counts depends on the reader.
        Code::MetaUnreadable => {
            (defect.severity == Severity::Error).then_some(Finding::NameMismatch)
        }
        // Without a version in the name, an old release passes for a new one.
        Code::NameUnchecked | Code::NameUnversioned => Some(Finding::NameUnchecked),
        // What leads out of the folder it is unpacked in, or is no file at all.
        Code::PathEscapes | Code::LinkEscapes | Code::MemberThroughLink | Code::MemberKind
        // What two readers see differently: another name, another content, an end elsewhere.
        | Code::MemberAmbiguous
        | Code::MemberTwice
        | Code::TrailingBytes
        | Code::DataAfterEnd
        | Code::SuffixMismatch
        // What could not be read to its end, so that nothing is known of the rest.
        | Code::ArchiveCorrupt
        | Code::LimitPassed
        | Code::Empty => Some(Finding::ArchiveHostile),
        // What PAUSE would change, drop or not index.
        Code::SuffixUnknown
        | Code::NameCharacters
        | Code::PathTooLong
        | Code::NameReserved
        | Code::WorldWritable
        | Code::MemberCase
        | Code::TopFolders
        | Code::TopFolderName
        | Code::BuildFolder
        | Code::Raku => None,
    }
}

/// The order in which findings about an archive are told.
fn rank(finding: Finding) -> u8 {
    match finding {
        Finding::ArchiveHostile => 0,
        Finding::NameMismatch => 1,
        _ => 2,
    }
}
