//! Releases of CPAN: author, name and version.

mod distname;
mod file_name;
mod meta;
mod name;
mod package_name;
mod path;
mod pause_id;
mod subdirectory;
mod version;

pub use file_name::{is_file_name, is_name_character};
pub use meta::{
    NameMismatch, folder_matches_name, name_matches_meta, same_version, status_matches_name,
};
pub use name::{Packing, ReleaseName, ReleaseNameError, Suffix};
pub use package_name::{PackageName, PackageNameError};
pub use path::{ReleasePath, ReleasePathError};
pub use pause_id::{PauseId, PauseIdError};
pub use subdirectory::{Subdirectory, SubdirectoryError};
pub use version::{PerlVersion, VersionError};

#[cfg(test)]
mod tests;
