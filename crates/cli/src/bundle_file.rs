//! Bundles as files: where they are, how they are read, and how they are written whole or not at all.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use cpan_sigstore_keyless::bundle::SIZE_LIMIT;
use tempfile::{Builder, NamedTempFile};

use crate::failure::Failure;

/// Size of most bundles, in bytes: what is reserved for reading one.
const USUAL_SIZE: usize = 16 * 1024;

/// What the name of a bundle adds to that of its file.
pub use cpan_sigstore_core::bundle::SUFFIX;

/// Whether a file is a bundle, by its name.
pub fn is_one(path: &Path) -> bool {
    path.to_string_lossy().ends_with(SUFFIX)
}

/// Where the bundle of a file is: `FILE.sigstore.json`.
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
pub fn read(path: &Path) -> Result<Option<Vec<u8>>, Failure> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::read(path)(error)),
    };
    let mut bytes = Vec::with_capacity(USUAL_SIZE);
    file.take(SIZE_LIMIT as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(Failure::read(path))?;
    Ok(Some(bytes))
}

/// A place where a bundle will be written. It was found writable, and free unless it may be
/// replaced, before anybody logged in.
pub struct Place {
    path: PathBuf,
    replace: bool,
}

impl Place {
    /// Looks whether a bundle can be written.
    ///
    /// # Errors
    /// Where a bundle is there already, or the folder cannot be written.
    pub fn reserve(path: PathBuf, replace: bool) -> Result<Self, Failure> {
        // A link that leads nowhere is also something that stands there.
        if !replace && path.symlink_metadata().is_ok() {
            return Err(Failure::BundleExists { path });
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
    /// Where the folder cannot be read.
    pub fn whole_path(&self) -> Result<PathBuf, Failure> {
        let folder = self
            .folder()
            .canonicalize()
            .map_err(Failure::read(self.folder()))?;
        Ok(folder.join(self.path.file_name().unwrap_or_default()))
    }

    /// Writes the bundle: whole to a temporary file beside, to the disk, and then under its name.
    ///
    /// # Errors
    /// Where it could not; then nothing stands under the name that did not before.
    pub fn write(&self, json: &str) -> Result<(), Failure> {
        let failed = |source| Failure::Write {
            path: self.path.clone(),
            source,
        };
        let mut file = self.temporary()?;
        file.write_all(json.as_bytes()).map_err(failed)?;
        file.as_file().sync_all().map_err(failed)?;
        if self.replace {
            file.persist(&self.path)
                .map_err(|error| failed(error.error))?;
        } else {
            file.persist_noclobber(&self.path)
                .map_err(|error| match error.error.kind() {
                    io::ErrorKind::AlreadyExists => Failure::BundleExists {
                        path: self.path.clone(),
                    },
                    _ => failed(error.error),
                })?;
        }
        sync_folder(self.folder());
        Ok(())
    }

    fn temporary(&self) -> Result<NamedTempFile, Failure> {
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
            .map_err(|source| Failure::Write {
                path: self.path.clone(),
                source,
            })
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
