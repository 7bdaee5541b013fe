//! Bundles as files: their place, and reading and atomic writing.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use cpan_sigstore_keyless::bundle::SIZE_LIMIT;
use tempfile::{Builder, NamedTempFile};

use crate::error::CommandError;

/// Size of most bundles, in bytes: what is reserved for reading one.
const USUAL_SIZE: usize = 16 * 1024;

/// The end of a bundle's name.
pub use cpan_sigstore_core::bundle::SUFFIX;

/// A bundle that is there already.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: a bundle already exists", .0.display())]
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
pub fn read(path: &Path) -> Result<Option<Vec<u8>>, CommandError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(CommandError::read(path)(error)),
    };
    let mut bytes = Vec::with_capacity(USUAL_SIZE);
    file.take(SIZE_LIMIT as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(CommandError::read(path))?;
    Ok(Some(bytes))
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
        // A link to nowhere is in the way, too.
        if !replace && path.symlink_metadata().is_ok() {
            return Err(BundleExists(path).into());
        }
        let place = Self { path, replace };
        place.temporary()?;
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
        let failed = |source| CommandError::write(&self.path)(source);
        let mut file = self.temporary()?;
        file.write_all(json.as_bytes()).map_err(failed)?;
        file.as_file().sync_all().map_err(failed)?;
        if self.replace {
            file.persist(&self.path)
                .map_err(|error| failed(error.error))?;
        } else {
            file.persist_noclobber(&self.path)
                .map_err(|error| match error.error.kind() {
                    io::ErrorKind::AlreadyExists => BundleExists(self.path.clone()).into(),
                    _ => failed(error.error),
                })?;
        }
        sync_folder(self.folder());
        Ok(())
    }

    fn temporary(&self) -> Result<NamedTempFile, CommandError> {
        let mut builder = Builder::new();
        builder.prefix(".cpan-sigstore-").suffix(".tmp");
        // As any file the user makes: readable by whom the umask lets.
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            builder.permissions(std::fs::Permissions::from_mode(0o666));
        }
        builder
            .tempfile_in(self.folder())
            .map_err(CommandError::write(&self.path))
    }

    fn folder(&self) -> &Path {
        match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        }
    }
}

/// Puts the new name on the disk too, where the system can.
fn sync_folder(folder: &Path) {
    if let Ok(folder) = OpenOptions::new().read(true).open(folder) {
        // Some file systems refuse; the bundle itself is on the disk.
        let _ = folder.sync_all();
    }
}
