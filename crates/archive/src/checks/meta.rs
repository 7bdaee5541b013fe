//! Checks of name and version in META against the file name and against each other.

use cpan_sigstore_core::release::{
    NameMismatch, ReleaseName, folder_matches_name, name_matches_meta, same_version,
    status_matches_name,
};

use crate::{
    Defect, Severity,
    collector::DefectCollector,
    meta::{DeclaredName, MetaError, MetaFile, toolchain},
};

/// Most META files that are compared. An archive with one top folder has two.
const MOST: usize = 8;

/// The META files of an archive.
#[derive(Default)]
pub struct MetaFiles {
    read: Vec<(String, DeclaredName)>,
    raku: bool,
    /// Whether a META file was unreadable.
    has_unreadable: bool,
}

impl MetaFiles {
    /// Adds a META file.
    pub fn add(
        &mut self,
        form: MetaFile,
        member: &str,
        content: &[u8],
        defects: &mut DefectCollector,
    ) {
        if form == MetaFile::Raku {
            self.raku = true;
            return;
        }
        let problem = match form.read(content) {
            // Readers disagree about the value.
            Err(error @ MetaError::Twice(_)) => {
                return defects.add_member(
                    Defect::MetaUnreadable,
                    Severity::Error,
                    member,
                    "META that states name and version once",
                    || format!("{error} in `{member}`"),
                );
            }
            Err(MetaError::Malformed(reason)) => {
                self.has_unreadable = true;
                let problem = toolchain::check(form, content).err();
                Some(problem.map_or(reason, |problem| problem.to_string()))
            }
            Ok(declared) => {
                if self.read.len() < MOST {
                    self.read.push((member.to_owned(), declared));
                }
                let problem = toolchain::check(form, content).err();
                problem.map(|problem| problem.to_string())
            }
        };
        // If no reader can read it, it deceives nobody.
        if let Some(problem) = problem {
            defects.add_member(
                Defect::MetaUnreadable,
                Severity::Warning,
                member,
                "META in UTF-8 that CPAN::Meta reads",
                || format!("{problem} in `{member}`"),
            );
        }
    }

    /// Returns whether this is a Raku distribution.
    pub const fn is_raku(&self) -> bool {
        self.raku
    }

    /// Returns whether a META file states name and version.
    pub fn state_name(&self) -> bool {
        !self.complete().is_empty()
    }

    /// The META files with name and version.
    fn complete(&self) -> Vec<Complete<'_>> {
        let complete = self.read.iter().filter_map(|(member, declared)| {
            Some((
                member.as_str(),
                declared.name.as_deref()?,
                declared.version.as_deref()?,
            ))
        });
        complete.collect()
    }

    /// Compares all META files with the file name and with each other.
    pub fn compare(&self, release: Option<&ReleaseName>, defects: &mut DefectCollector) {
        let complete = self.complete();
        if let Some(release) = release {
            // An unreadable file is reported as such, and not as a missing one.
            let is_reported = self.read.is_empty() && self.has_unreadable;
            if complete.is_empty() && !is_reported {
                defects.add(
                    Defect::NameUnchecked,
                    Severity::Warning,
                    "META.json or META.yml with name and version",
                    if self.read.is_empty() {
                        "neither file in the top folder"
                    } else {
                        "no name or no version in META"
                    },
                );
            }
            for (member, name, version) in &complete {
                if let Err(mismatch) = name_matches_meta(release, name, version) {
                    differs(member, &mismatch, defects);
                }
            }
            for (member, declared) in &self.read {
                let status = declared.status.as_deref();
                if let Some(Err(mismatch)) = status.map(|it| status_matches_name(release, it)) {
                    differs(member, &mismatch, defects);
                }
            }
        }
        let Some((first, rest)) = complete.split_first() else {
            return;
        };
        for other in rest {
            if !agree(first, other) {
                defects.add_member(
                    Defect::MetaDisagree,
                    Severity::Error,
                    other.0,
                    "META files that state the same name and version",
                    || {
                        format!(
                            "{} {} in `{}`, {} {} in `{}`",
                            first.1, first.2, first.0, other.1, other.2, other.0
                        )
                    },
                );
            }
        }
    }
}

type Complete<'a> = (&'a str, &'a str, &'a str);

fn agree(left: &Complete<'_>, right: &Complete<'_>) -> bool {
    let name = |declared: &Complete<'_>| declared.1.replace("::", "-");
    name(left) == name(right) && same_version(left.2, right.2)
}

/// Reports a META file that names another release than the file name.
fn differs(member: &str, mismatch: &NameMismatch, defects: &mut DefectCollector) {
    defects.add_member(
        Defect::NameMismatch,
        Severity::Error,
        member,
        &format!(
            "{} {} in META, as in the file name",
            mismatch.field, mismatch.expected
        ),
        || format!("{} in `{member}`", mismatch.found),
    );
}

/// Reports the top folder of a developer release in an archive with the name of a stable one.
pub fn check_folder(release: Option<&ReleaseName>, top: &str, defects: &mut DefectCollector) {
    if let Some(Err(mismatch)) = release.map(|release| folder_matches_name(release, top)) {
        defects.add(
            Defect::NameMismatch,
            Severity::Error,
            format!("a top folder named {}, as the file", mismatch.expected),
            mismatch.found,
        );
    }
}
