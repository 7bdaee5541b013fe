//! The name of the file, and where it will be on PAUSE.

use cpan_sigstore_core::release::{ReleaseName, ReleaseNameError};

use crate::{Code, Destination, Severity, findings::Findings};

/// Longest path that PAUSE takes, in bytes, from the author's directory on: `A/AU/AUTHOR/…`
/// (its `uriid`).
const LONGEST_PATH: usize = 255;

/// Longest directory of an author that there can be, `A/AU/` and twelve letters and a slash.
const LONGEST_AUTHOR: usize = "A/AU/".len() + 12 + "/".len();

/// What a bundle has more in its name than its archive; it has to fit beside it.
const BUNDLE_SUFFIX: &str = ".sigstore.json";

/// Looks at the name; `None` where it is not that of a release.
pub fn check(
    file_name: &str,
    destination: &Destination,
    findings: &mut Findings,
) -> Option<ReleaseName> {
    characters(file_name, destination, findings);
    length(file_name, destination, findings);
    if file_name == "CHECKSUMS" {
        findings.file(
            Code::NameReserved,
            Severity::Error,
            "a name that PAUSE does not use itself",
            "CHECKSUMS",
        );
    }
    match file_name.parse::<ReleaseName>() {
        Ok(release) => {
            if release.version().is_none() {
                findings.file(
                    Code::NameUnversioned,
                    Severity::Warning,
                    "a name with a version, such as Foo-Bar-1.02.tar.gz",
                    file_name,
                );
            }
            Some(release)
        }
        Err(ReleaseNameError::Suffix(_)) => {
            findings.file(
                Code::SuffixUnknown,
                Severity::Error,
                "a name that ends with .tar.gz, .tgz, .tar.bz2, .tbz or .zip, in small letters",
                file_name,
            );
            None
        }
        // Its characters or its length, which stand there already.
        Err(ReleaseNameError::FileName(_)) => None,
    }
}

fn characters(file_name: &str, destination: &Destination, findings: &mut Findings) {
    let is_kept = |c: char| c.is_ascii_alphanumeric() || "_-.@+".contains(c);
    let dropped: String = file_name.chars().filter(|c| !is_kept(*c)).collect();
    if !dropped.is_empty() {
        findings.file(
            Code::NameCharacters,
            Severity::Error,
            "a name of A-Z a-z 0-9 _ - . @ + alone",
            format!("`{dropped}` in {file_name}"),
        );
    }
    if file_name.starts_with('.') {
        findings.file(
            Code::NameCharacters,
            Severity::Error,
            "a name that does not begin with a dot",
            file_name,
        );
    }
    if let Some(subdirectory) = &destination.subdirectory
        && !subdirectory.is_accepted_for_uploads()
    {
        findings.file(
            Code::NameCharacters,
            Severity::Error,
            "a subdirectory without dots",
            subdirectory.as_str(),
        );
    }
}

fn length(file_name: &str, destination: &Destination, findings: &mut Findings) {
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
        findings.file(
            Code::PathTooLong,
            Severity::Error,
            format!(
                "a path of at most {LONGEST_PATH} characters from A/AU/AUTHOR/ to {BUNDLE_SUFFIX}"
            ),
            format!("{length} characters"),
        );
    }
}
