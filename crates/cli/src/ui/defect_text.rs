//! Texts about defects of archives. The archive crate reports data; flags are named only here.

use cpan_sigstore_archive::{Defect, DefectReport, Severity};
use serde::{Serialize, Serializer, ser::SerializeStruct as _};

/// Returns what the author can do about a defect.
pub fn remedy(report: &DefectReport) -> &'static str {
    match report.code {
        Defect::Empty => {
            "build the release again; PAUSE accepts an empty upload without an error and ignores it"
        }
        Defect::SuffixUnknown => "name it after its format, usually .tar.gz",
        Defect::SuffixMismatch => "give it the suffix of its format, or pack it again",
        Defect::NameCharacters => {
            "rename it: PAUSE silently drops other characters and publishes under a name that was not signed"
        }
        Defect::PathTooLong => "shorten the name or the subdirectory",
        Defect::NameReserved => "rename it: PAUSE itself writes a file of this name",
        Defect::NameUnversioned => {
            "name it DISTRIBUTION-VERSION, as `make dist` does; without a version no client can tell which release is newer"
        }
        Defect::ArchiveCorrupt => "build the release again",
        Defect::HeaderForm | Defect::ExtensionForm => {
            "pack it again with GNU tar, bsdtar, Archive::Tar or `git archive`: readers disagree about other forms"
        }
        Defect::ZipForm => {
            "pack it again with Info-ZIP's `zip` or Archive::Zip: readers disagree about other forms"
        }
        Defect::LimitPassed => "remove what is not needed, or split the release",
        Defect::TrailingBytes if report.fixable => {
            "run `cpan-sigstore check --fix` to remove them; PAUSE compresses such an archive again, which breaks its signature"
        }
        Defect::TrailingBytes => "pack it again",
        Defect::DataAfterEnd => "pack it again: some readers stop at the end, others continue",
        Defect::WorldWritable if report.fixable => {
            "run `cpan-sigstore check --fix` to remove the permission; PAUSE repacks or refuses such an archive, which breaks its signature"
        }
        Defect::WorldWritable => {
            "remove the permission from the files (`chmod -R o-w`) and pack them again; PAUSE does not index such an archive"
        }
        Defect::PathEscapes => "pack it again with all paths below one folder",
        Defect::LinkEscapes => "replace the link by a copy of the file",
        Defect::MemberThroughLink => "replace the link by a folder",
        Defect::MemberKind => "remove it: a release contains only files and folders",
        Defect::MemberAmbiguous => "pack it again: readers disagree about the member's name",
        Defect::MemberTwice => {
            "pack it again with each file once; check MANIFEST for repeated lines"
        }
        Defect::MemberCase => "rename one: on Windows and macOS one file replaces the other",
        Defect::TopFolders => {
            "pack it as `make dist` does; PAUSE does not index a release that is not in one folder"
        }
        Defect::TopFolderName => "pack it as `make dist` does, in a folder named like the file",
        Defect::BuildFolder => {
            "leave out blib/, as `make dist` does; PAUSE does not index a release that contains it"
        }
        Defect::Raku => "upload it with `--subdirectory Perl6`, to which PAUSE moves it",
        Defect::NameMismatch => {
            "build the release again, or give the file the name that META states"
        }
        Defect::MetaDisagree => {
            "build the release again: PAUSE reads META.yml, clients read META.json"
        }
        Defect::MetaUnreadable => {
            "write META again, as `make dist` does; PAUSE and clients ignore a META that they cannot read, with its release_status, provides and no_index"
        }
        Defect::NameUnchecked => "add META.json and META.yml, as `make dist` does",
    }
}

/// A defect as `check --json` prints it.
pub struct DefectJson<'a>(pub &'a DefectReport);

impl Serialize for DefectJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let report = self.0;
        let mut object = serializer.serialize_struct("Defect", 7)?;
        object.serialize_field("code", &report.code)?;
        object.serialize_field::<Severity>("severity", &report.severity)?;
        object.serialize_field("expected", &report.expected)?;
        object.serialize_field("found", &report.found)?;
        object.serialize_field("remedy", remedy(report))?;
        object.serialize_field("count", &report.count)?;
        if !report.members.is_empty() {
            object.serialize_field("members", &report.members)?;
        }
        object.end()
    }
}
