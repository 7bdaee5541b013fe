//! Compares a file name with the META inside the archive.

use super::{PerlVersion, ReleaseName, name::without_maturity};

/// The file name and META name different releases.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {field} of the file name, `{expected}`, in META too, found `{found}`")]
pub struct NameMismatch {
    /// Which part differs: `the distribution` or `the version`.
    pub field: &'static str,
    /// The value in the file name.
    pub expected: String,
    /// The value in META.
    pub found: String,
}

/// Compares a file name with the name and version that META states.
///
/// META may write the name with colons (`Foo::Bar`), and the version in any form that Perl takes for the
/// same: `perl-5.42.0` has `5.042000`. Only file names mark a trial release. A file name without a version contradicts
/// none.
///
/// # Errors
/// The first of name and version that differs.
pub fn name_matches_meta(
    release: &ReleaseName,
    meta_name: &str,
    meta_version: &str,
) -> Result<(), NameMismatch> {
    let meta_name = meta_name.replace("::", "-");
    // Every tool builds the file name like this.
    let plain = without_maturity(release.distribution(), release.stem());
    if plain.strip_prefix(meta_name.as_str()) == Some(&format!("-{meta_version}")) {
        return Ok(());
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
    let bare = without_maturity(release.distribution(), version);
    let meta_bare = without_maturity(release.distribution(), meta_version);
    if bare == meta_bare || same_version(bare, meta_bare) {
        Ok(())
    } else {
        Err(differs("the version", version, meta_version))
    }
}

fn same_version(left: &str, right: &str) -> bool {
    let parse = |text: &str| text.parse::<PerlVersion>().ok();
    matches!((parse(left), parse(right)), (Some(left), Some(right)) if left == right)
}
