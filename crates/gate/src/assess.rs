//! What the archive says of itself: the name in it, and whether every reader sees the same files in it.

use cpan_sigstore_archive::{Defect, DefectReport, Preflight, Severity};
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
fn finding(defect: &DefectReport) -> Option<Finding> {
    // A warning is of what every reader takes alike, such as zeros after the end.
    let is_error = defect.severity == Severity::Error;
    match defect.code {
        Defect::NameMismatch | Defect::MetaDisagree => Some(Finding::NameMismatch),
        // Name or version twice in one META: which of them counts depends on the reader.
        Defect::MetaUnreadable => is_error.then_some(Finding::NameMismatch),
        // Without a version in the name, an old release passes for a new one.
        Defect::NameUnchecked | Defect::NameUnversioned => Some(Finding::NameUnchecked),
        // What leads out of the folder it is unpacked in, or is no file at all.
        Defect::PathEscapes | Defect::LinkEscapes | Defect::MemberThroughLink | Defect::MemberKind
        // What two readers see differently: another name, another content, an end elsewhere.
        | Defect::MemberAmbiguous
        | Defect::MemberTwice
        | Defect::TrailingBytes
        | Defect::DataAfterEnd
        | Defect::SuffixMismatch
        // What could not be read to its end, so that nothing is known of the rest.
        | Defect::ArchiveCorrupt
        | Defect::LimitPassed
        | Defect::Empty => is_error.then_some(Finding::ArchiveHostile),
        // What PAUSE would change, drop or not index.
        Defect::SuffixUnknown
        | Defect::NameCharacters
        | Defect::PathTooLong
        | Defect::NameReserved
        | Defect::WorldWritable
        | Defect::MemberCase
        | Defect::TopFolders
        | Defect::TopFolderName
        | Defect::BuildFolder
        | Defect::Raku => None,
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

    fn look(defects: &[(Defect, Severity)]) -> Option<Finding> {
        let defects = defects.iter().map(|(code, severity)| DefectReport {
            code: *code,
            severity: *severity,
            expected: String::new(),
            found: String::new(),
            fixable: false,
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
            Defect::PathEscapes,
            Defect::LinkEscapes,
            Defect::MemberThroughLink,
            Defect::MemberKind,
            Defect::MemberAmbiguous,
            Defect::MemberTwice,
            Defect::TrailingBytes,
            Defect::DataAfterEnd,
            Defect::SuffixMismatch,
            Defect::ArchiveCorrupt,
            Defect::LimitPassed,
            Defect::Empty,
        ] {
            let defects = [
                (Defect::NameUnchecked, Warning),
                (Defect::NameMismatch, Error),
                (code, Error),
            ];
            assert_eq!(look(&defects), Some(Finding::ArchiveHostile), "{code}");
        }
        assert_eq!(look(&[(Defect::TrailingBytes, Warning)]), None);
    }

    #[test]
    fn names_are_checked_and_what_concerns_pause_alone_is_not_told() {
        use Severity::{Error, Warning};
        let mismatch = Some(Finding::NameMismatch);
        let unchecked = Some(Finding::NameUnchecked);
        for (code, severity, finding) in [
            (Defect::NameMismatch, Error, mismatch),
            (Defect::MetaDisagree, Error, mismatch),
            (Defect::MetaUnreadable, Error, mismatch),
            (Defect::MetaUnreadable, Warning, None),
            (Defect::NameUnchecked, Warning, unchecked),
            (Defect::NameUnversioned, Warning, unchecked),
            (Defect::WorldWritable, Error, None),
            (Defect::TopFolderName, Warning, None),
            (Defect::Raku, Error, None),
        ] {
            assert_eq!(look(&[(code, severity)]), finding, "{code}");
        }
    }
}
