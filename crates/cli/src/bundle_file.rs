//! Bundles as files: their place, and reading and atomic writing.

use std::{
    io,
    path::{Path, PathBuf},
};

use cpan_sigstore_core::text::shown_path;
use cpan_sigstore_files::{Access, Existing, check_writable, read_prefix, write_with};
use cpan_sigstore_keyless::bundle::SIZE_LIMIT;

use crate::error::CommandError;

mod container;

use container::Container;

/// The end of a bundle's name.
pub use cpan_sigstore_core::bundle::SUFFIX;

/// A bundle that is there already.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: a bundle already exists", shown_path(.0))]
pub struct BundleExists(pub PathBuf);

impl From<BundleExists> for CommandError {
    fn from(error: BundleExists) -> Self {
        Self::failed(error)
            .hinted("verify it with `cpan-sigstore verify`, or replace it with `--force`")
    }
}

/// Whether a file is a bundle, by its name.
pub fn is_one(path: &Path) -> bool {
    path.to_string_lossy().ends_with(SUFFIX)
}

/// The path of a file's bundle: `FILE.sigstore.json`.
pub fn beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(SUFFIX);
    name.into()
}

/// The file whose bundle this would be, by its name.
pub fn archive_of(bundle: &Path) -> Option<PathBuf> {
    let name = bundle.file_name()?.to_str()?.strip_suffix(SUFFIX)?;
    Some(bundle.with_file_name(name))
}

/// The bytes of a bundle, one more than the limit at most; `None` where there is no such file.
///
/// # Errors
/// A file that cannot be read, or that holds bundles in another form.
pub fn read(path: &Path) -> Result<Option<Vec<u8>>, CommandError> {
    let bytes = read_prefix(path, SIZE_LIMIT as u64).map_err(CommandError::read(path))?;
    match bytes.as_deref().and_then(Container::of) {
        Some(container) => Err(container.error(path)),
        None => Ok(bytes),
    }
}

/// A place for a bundle. Before the login it was checked to be writable, and free unless the bundle may be
/// replaced.
pub struct Place {
    path: PathBuf,
    replace: bool,
}

impl Place {
    /// Checks that a bundle can be written.
    ///
    /// # Errors
    /// An existing bundle, or a folder that cannot be written.
    pub fn reserve(path: PathBuf, replace: bool) -> Result<Self, CommandError> {
        match path.symlink_metadata() {
            // A link to nowhere is in the way, too.
            Ok(_) if !replace => return Err(BundleExists(path).into()),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            // For example a name that is too long with its suffix.
            Err(error) => return Err(CommandError::write(path)(error)),
        }
        let place = Self { path, replace };
        check_writable(&place.path).map_err(CommandError::write(&place.path))?;
        Ok(place)
    }

    /// Where.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The whole path, through every link in the folders before it.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub fn whole_path(&self) -> Result<PathBuf, CommandError> {
        let folder = self
            .folder()
            .canonicalize()
            .map_err(CommandError::read(self.folder()))?;
        Ok(folder.join(self.path.file_name().unwrap_or_default()))
    }

    /// Writes the bundle: whole to a temporary file beside, to the disk, and then under its name.
    ///
    /// # Errors
    /// A failed write, which changes nothing under the name.
    pub fn write(&self, json: &str) -> Result<(), CommandError> {
        let existing = match self.replace {
            true => Existing::Replace,
            false => Existing::Keep,
        };
        write_with(&self.path, json.as_bytes(), Access::Umask, existing).map_err(
            |error| match error.kind() {
                io::ErrorKind::AlreadyExists => BundleExists(self.path.clone()).into(),
                _ => CommandError::write(&self.path)(error),
            },
        )
    }

    fn folder(&self) -> &Path {
        match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        }
    }
}
