//! What the archive says of itself: the name in it, and whether every reader sees the same files in it.

use cpan_sigstore_archive::{Code, Defect, Preflight, Severity};
use cpan_sigstore_core::finding::Finding;

/// What the archive says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ArchiveAssessment {
    /// It is the release that its name says, and harmless to unpack.
    Fits,
    /// Something to be known, the worst first.
    Finding {
        finding: Finding,
        expected: String,
        found: String,
    },
}

impl ArchiveAssessment {
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
    // A warning is of what every reader takes alike, such as zeros after the end.
    let is_error = defect.severity == Severity::Error;
    match defect.code {
        Code::NameMismatch | Code::MetaDisagree => Some(Finding::NameMismatch),
        // Name or version twice in one META: which of them counts depends on the reader.
        Code::MetaUnreadable => is_error.then_some(Finding::NameMismatch),
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
        | Code::Empty => is_error.then_some(Finding::ArchiveHostile),
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

#[cfg(test)]
mod tests {
    use cpan_sigstore_core::digest::Sha256Digest;

    use super::*;

    fn look(defects: &[(Code, Severity)]) -> Option<Finding> {
        let defects = defects.iter().map(|(code, severity)| Defect {
            code: *code,
            severity: *severity,
            expected: String::new(),
            found: String::new(),
            remedy: code.remedy(),
            count: 0,
            members: Vec::new(),
        });
        let preflight = Preflight {
            release: None,
            digest: Sha256Digest::new([0; 32]),
            members: 1,
            unpacked: 1,
            defects: defects.collect(),
        };
        match ArchiveAssessment::of(&preflight) {
            ArchiveAssessment::Fits => None,
            ArchiveAssessment::Finding { finding, .. } => Some(finding),
        }
    }

    #[test]
    fn what_leads_out_or_is_seen_differently_is_hostile_whatever_else_is_there() {
        use Severity::{Error, Warning};
        for code in [
            Code::PathEscapes,
            Code::LinkEscapes,
            Code::MemberThroughLink,
            Code::MemberKind,
            Code::MemberAmbiguous,
            Code::MemberTwice,
            Code::TrailingBytes,
            Code::DataAfterEnd,
            Code::SuffixMismatch,
            Code::ArchiveCorrupt,
            Code::LimitPassed,
            Code::Empty,
        ] {
            let defects = [
                (Code::NameUnchecked, Warning),
                (Code::NameMismatch, Error),
                (code, Error),
            ];
            assert_eq!(look(&defects), Some(Finding::ArchiveHostile), "{code}");
        }
        assert_eq!(look(&[(Code::TrailingBytes, Warning)]), None);
    }

    #[test]
    fn names_are_checked_and_what_concerns_pause_alone_is_not_told() {
        use Severity::{Error, Warning};
        let mismatch = Some(Finding::NameMismatch);
        let unchecked = Some(Finding::NameUnchecked);
        for (code, severity, finding) in [
            (Code::NameMismatch, Error, mismatch),
            (Code::MetaDisagree, Error, mismatch),
            (Code::MetaUnreadable, Error, mismatch),
            (Code::MetaUnreadable, Warning, None),
            (Code::NameUnchecked, Warning, unchecked),
            (Code::NameUnversioned, Warning, unchecked),
            (Code::WorldWritable, Error, None),
            (Code::TopFolderName, Warning, None),
            (Code::Raku, Error, None),
        ] {
            assert_eq!(look(&[(code, severity)]), finding, "{code}");
        }
    }
}
