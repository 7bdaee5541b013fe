//! Releases of CPAN: author, name and version.

mod distname;
mod meta;
mod name;
mod package_name;
mod path;
mod pause_id;
mod subdirectory;
mod version;

pub use meta::{NameMismatch, name_matches_meta};
pub use name::{Packing, ReleaseName, ReleaseNameError, Suffix};
pub use package_name::{PackageName, PackageNameError};
pub use path::{ReleasePath, ReleasePathError};
pub use pause_id::{PauseId, PauseIdError};
pub use subdirectory::{Subdirectory, SubdirectoryError};
pub use version::{PerlVersion, VersionError};

#[cfg(test)]
mod tests;
