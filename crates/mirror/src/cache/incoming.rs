//! Unfinished downloads, from which nothing is served.

use std::{
    fs::{self, File, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
};

use cpan_sigstore_files::HashingWriter;
use tempfile::{Builder, NamedTempFile, TempDir};

use super::error::{CacheError, make_folder};

/// The file that a process holds locked as long as it runs.
const LOCK: &str = "lock";

/// The folder of one process, which removes it at its end, or after a crash the next one.
pub(super) struct Run {
    folder: TempDir,
    _lock: File,
}

impl Run {
    /// Creates the folder, and removes those of ended processes. The caller holds the lock of the cache, so
    /// that no other process finds a folder before it is locked.
    pub(super) fn begin(incoming: &Path) -> Result<Self, CacheError> {
        make_folder(incoming)?;
        for entry in fs::read_dir(incoming).map_err(CacheError::at(incoming))? {
            let folder = entry.map_err(CacheError::at(incoming))?.path();
            let is_left = match File::open(folder.join(LOCK)) {
                Ok(lock) => lock.try_lock().is_ok(),
                Err(_) => true,
            };
            if is_left {
                // A folder that remains is harmless.
                let _ = fs::remove_dir_all(folder);
            }
        }
        let folder = Builder::new()
            .prefix("run-")
            .tempdir_in(incoming)
            .map_err(CacheError::at(incoming))?;
        let path = folder.path().join(LOCK);
        let lock = OpenOptions::new()
            .create_new(true)
            .write(true)
            .open(&path)
            .map_err(CacheError::at(&path))?;
        lock.lock().map_err(CacheError::at(&path))?;
        Ok(Self {
            folder,
            _lock: lock,
        })
    }

    pub(super) fn file(&self) -> Result<Incoming, CacheError> {
        Builder::new()
            .tempfile_in(self.folder.path())
            .map(Incoming)
            .map_err(CacheError::at(self.folder.path()))
    }
}

/// An unfinished download. It is removed when it is dropped.
pub struct Incoming(NamedTempFile);

impl Incoming {
    /// A writer to the file.
    ///
    /// # Errors
    /// [`CacheError`] if the system has no more handles.
    pub fn writer(&self) -> Result<HashingWriter, CacheError> {
        let handle = self.0.as_file().try_clone();
        handle
            .and_then(HashingWriter::new)
            .map_err(CacheError::at(self.0.path()))
    }

    #[cfg(test)]
    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), CacheError> {
        let path = self.0.path().to_owned();
        let file = self.0.as_file_mut();
        file.write_all(bytes).map_err(CacheError::at(path))
    }

    /// Syncs the file, and then renames it.
    pub(super) fn rename(self, to: &Path) -> Result<(), CacheError> {
        self.0.as_file().sync_all().map_err(CacheError::at(to))?;
        self.0
            .persist(to)
            .map_err(|error| CacheError::at(to)(error.error))?;
        sync_folder(to);
        Ok(())
    }
}

/// Syncs the new name, if the system can.
fn sync_folder(file: &Path) {
    let folder: Option<PathBuf> = file.parent().map(Path::to_owned);
    if let Some(Ok(folder)) = folder.map(File::open) {
        // Some file systems refuse. Then a crash may lose the file, and leaves no half of it.
        let _ = folder.sync_all();
    }
}
