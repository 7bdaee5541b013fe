//! Checks of the file name and of the path it gets on PAUSE.

use cpan_sigstore_core::release::{ReleaseName, ReleaseNameError, is_name_character};

use crate::{Defect, Destination, Severity, collector::DefectCollector};

/// Longest path that PAUSE accepts, in bytes, from `A/AU/AUTHOR/…` on (its `uriid`).
const LONGEST_PATH: usize = 255;

/// Longest directory of an author: `A/AU/`, twelve letters and a slash.
const LONGEST_AUTHOR: usize = "A/AU/".len() + 12 + "/".len();

/// Suffix that a bundle adds to the archive's name. The longer name must fit, too.
const BUNDLE_SUFFIX: &str = ".sigstore.json";

/// Checks the name and returns it, or `None` if it is not the name of a release.
pub fn check(
    file_name: &str,
    destination: &Destination,
    defects: &mut DefectCollector,
) -> Option<ReleaseName> {
    characters(file_name, destination, defects);
    length(file_name, destination, defects);
    if file_name == "CHECKSUMS" {
        defects.add(
            Defect::NameReserved,
            Severity::Error,
            "a name that PAUSE does not use itself",
            "CHECKSUMS",
        );
    }
    match file_name.parse::<ReleaseName>() {
        Ok(release) => {
            if release.version().is_none() {
                defects.add(
                    Defect::NameUnversioned,
                    Severity::Warning,
                    "a name with a version, such as Foo-Bar-1.02.tar.gz",
                    file_name,
                );
            }
            Some(release)
        }
        Err(ReleaseNameError::Suffix(_)) => {
            defects.add(
                Defect::SuffixUnknown,
                Severity::Error,
                "a name that ends with .tar.gz, .tgz, .tar.bz2, .tbz or .zip, in lower case",
                file_name,
            );
            None
        }
        // `characters` and `length` reported this.
        Err(ReleaseNameError::FileName(_)) => None,
    }
}

fn characters(file_name: &str, destination: &Destination, defects: &mut DefectCollector) {
    let dropped: String = file_name
        .chars()
        .filter(|c| !is_name_character(*c))
        .collect();
    if !dropped.is_empty() {
        defects.add(
            Defect::NameCharacters,
            Severity::Error,
            "a name of only A-Z a-z 0-9 _ - . @ +",
            format!("`{dropped}` in {file_name}"),
        );
    }
    if file_name.starts_with(|c: char| is_name_character(c) && !c.is_ascii_alphanumeric()) {
        defects.add(
            Defect::NameCharacters,
            Severity::Error,
            "a name that starts with a letter or digit",
            file_name,
        );
    }
    if let Some(subdirectory) = &destination.subdirectory
        && !subdirectory.is_accepted_for_uploads()
    {
        defects.add(
            Defect::NameCharacters,
            Severity::Error,
            "a subdirectory without dots",
            subdirectory.as_str(),
        );
    }
}

fn length(file_name: &str, destination: &Destination, defects: &mut DefectCollector) {
    let author = destination
        .author
        .as_ref()
        .map_or(LONGEST_AUTHOR, |author| {
            author.directory().len() - "authors/id/".len()
        });
    let subdirectory = destination
        .subdirectory
        .as_ref()
        .map_or(0, |subdirectory| subdirectory.as_str().len() + "/".len());
    let length = author + subdirectory + file_name.len() + BUNDLE_SUFFIX.len();
    if length > LONGEST_PATH {
        defects.add(
            Defect::PathTooLong,
            Severity::Error,
            format!(
                "a path of at most {LONGEST_PATH} characters from A/AU/AUTHOR/ to {BUNDLE_SUFFIX}"
            ),
            format!("{length} characters"),
        );
    }
}
