//! Compares a file name with the META inside the archive.

use super::{PerlVersion, ReleaseName, Suffix, name::without_maturity};

/// The value of `release_status` in META that is no developer release.
const STABLE: &str = "stable";

/// The file name and META name different releases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameMismatch {
    /// Which part differs: `the distribution`, `the version`, or what makes it a developer release.
    pub field: &'static str,
    /// The value in the file name.
    pub expected: String,
    /// The value in META.
    pub found: String,
}

/// Compares a file name with the name and version that META states.
///
/// META may write the name with colons (`Foo::Bar`), and the version in any form that Perl takes for the
/// same: `perl-5.42.0` has `5.042000`. An underscore is part of the version, as it marks a trial release. A mark such
/// as `-TRIAL` may be in the file name alone; if META has one, it is the same. A file name without a version
/// contradicts none.
///
/// # Errors
/// The first of name and version that differs.
pub fn name_matches_meta(
    release: &ReleaseName,
    meta_name: &str,
    meta_version: &str,
) -> Result<(), NameMismatch> {
    let meta_name = meta_name.replace("::", "-");
    let bare = |version| without_maturity(release.distribution(), version);
    // Every tool builds the file name like this.
    let whole = format!("-{meta_version}");
    for stem in [release.stem(), bare(release.stem())] {
        if stem.strip_prefix(meta_name.as_str()) == Some(&whole) {
            return Ok(());
        }
    }
    let differs = |field, expected: &str, found: &str| NameMismatch {
        field,
        expected: expected.to_owned(),
        found: found.to_owned(),
    };
    // `CGI.pm` is the distribution `CGI`.
    let name = meta_name.strip_suffix(".pm").unwrap_or(&meta_name);
    if release.distribution() != name {
        return Err(differs(
            "the distribution",
            release.distribution(),
            &meta_name,
        ));
    }
    let Some(version) = release.version() else {
        return Ok(());
    };
    let mark = version.strip_prefix(bare(version));
    let meta_mark = meta_version.strip_prefix(bare(meta_version));
    let same_mark = meta_mark == Some("") || meta_mark == mark;
    if same_mark && same_version(bare(version), bare(meta_version)) {
        Ok(())
    } else {
        Err(differs("the version", version, meta_version))
    }
}

/// Whether two versions of META files name the same release.
pub fn same_version(left: &str, right: &str) -> bool {
    let parse = |text: &str| text.parse::<PerlVersion>().ok();
    left == right
        || matches!((parse(left), parse(right)), (Some(left), Some(right)) if left.names_same_release(&right))
}

/// Compares a file name with the `release_status` that META states.
///
/// PAUSE indexes no release whose META states another status than `stable`, under any name. So a developer release
/// has a developer's name. A stable one may have it, too: authors repeat the mark in the file name alone.
///
/// # Errors
/// A status other than `stable` under the name of a stable release.
pub fn status_matches_name(release: &ReleaseName, status: &str) -> Result<(), NameMismatch> {
    if status == STABLE || release.is_developer_release() {
        return Ok(());
    }
    Err(NameMismatch {
        field: "the release status",
        expected: STABLE.to_owned(),
        found: status.to_owned(),
    })
}

/// Compares a file name with the top folder of the archive, which `make dist` names like the file.
///
/// # Errors
/// The name of a developer release under the name of a stable one.
pub fn folder_matches_name(release: &ReleaseName, folder: &str) -> Result<(), NameMismatch> {
    let named: Option<ReleaseName> = format!("{folder}{}", Suffix::TarGz.as_str()).parse().ok();
    match named {
        Some(named) if named.is_developer_release() && !release.is_developer_release() => {
            Err(NameMismatch {
                field: "the top folder",
                expected: release.stem().to_owned(),
                found: folder.to_owned(),
            })
        }
        _ => Ok(()),
    }
}
