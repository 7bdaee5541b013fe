//! Assesses an archive: the name in it, and whether every reader sees the same files in it.

use cpan_sigstore_archive::{Defect, DefectReport, Preflight, Severity};
use cpan_sigstore_core::finding::Finding;

/// The assessment of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ArchiveAssessment {
    /// It is the release that its name says, and harmless to unpack.
    Fits,
    /// The worst finding.
    Finding {
        finding: Finding,
        expected: String,
        found: String,
    },
}

impl ArchiveAssessment {
    /// Whether META names another release.
    pub fn is_misnamed(&self) -> bool {
        matches!(
            self,
            Self::Finding {
                finding: Finding::NameMismatch,
                ..
            }
        )
    }

    /// Assesses the defects that concern people who install the archive. Others, such as permissions that PAUSE
    /// repacks, concern its author.
    pub fn of(preflight: &Preflight) -> Self {
        let findings = preflight
            .defects
            .iter()
            .filter_map(|defect| Some((finding(defect)?, defect)));
        let unnamed = || {
            let mut defects = preflight.defects.iter();
            let unreadable = defects.find(|defect| defect.code == Defect::MetaUnreadable)?;
            (!preflight.states_name).then_some((Finding::NameUnchecked, unreadable))
        };
        let worst = findings.min_by_key(|(finding, _)| rank(*finding));
        let Some((finding, defect)) = worst.or_else(unnamed) else {
            return Self::Fits;
        };
        Self::Finding {
            finding,
            expected: defect.expected.clone(),
            found: format!("{} ({})", defect.found, defect.code),
        }
    }
}

/// Returns the finding for people who install, if a defect is one.
fn finding(defect: &DefectReport) -> Option<Finding> {
    // Every reader takes a warning alike, such as zeros after the end.
    let is_error = defect.severity == Severity::Error;
    match defect.code {
        Defect::NameMismatch | Defect::MetaDisagree => Some(Finding::NameMismatch),
        // Name or version twice in one META: readers differ in the one they take.
        Defect::MetaUnreadable => is_error.then_some(Finding::NameMismatch),
        // Without a version in the name, an old release passes for a new one.
        Defect::NameUnchecked | Defect::NameUnversioned => Some(Finding::NameUnchecked),
        // A member leads out of its folder, or is no file at all.
        Defect::PathEscapes | Defect::LinkEscapes | Defect::MemberThroughLink | Defect::MemberKind
        // Two readers see different archives: another name, another content, an end elsewhere.
        | Defect::MemberAmbiguous
        | Defect::MemberTwice
        | Defect::TrailingBytes
        | Defect::DataAfterEnd
        | Defect::SuffixMismatch
        // The archive cannot be read to its end, so that nothing is known of the rest.
        | Defect::HeaderForm
        | Defect::ExtensionForm
        | Defect::ZipForm
        | Defect::ArchiveCorrupt
        | Defect::LimitPassed
        | Defect::Empty => is_error.then_some(Finding::ArchiveHostile),
        // PAUSE would change or drop it, or not index it.
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

/// The order of findings about an archive, the worst first.
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
        let defects = defects.iter();
        let states_name = defects
            .clone()
            .all(|(code, _)| *code != Defect::MetaUnreadable);
        let defects = defects.map(|(code, severity)| DefectReport {
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
            states_name,
            defects: defects.collect(),
        };
        match ArchiveAssessment::of(&preflight) {
            ArchiveAssessment::Fits => None,
            ArchiveAssessment::Finding { finding, .. } => Some(finding),
        }
    }

    #[test]
    fn finds_hostile_archives_before_other_findings() {
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
            Defect::HeaderForm,
            Defect::ExtensionForm,
            Defect::ZipForm,
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
    fn checks_names_and_ignores_defects_for_pause_alone() {
        use Severity::{Error, Warning};
        let mismatch = Some(Finding::NameMismatch);
        let unchecked = Some(Finding::NameUnchecked);
        for (code, severity, finding) in [
            (Defect::NameMismatch, Error, mismatch),
            (Defect::MetaDisagree, Error, mismatch),
            (Defect::MetaUnreadable, Error, mismatch),
            // META that nobody can read states no name.
            (Defect::MetaUnreadable, Warning, unchecked),
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
