//! The files of a log, and the state of its writer.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use cpan_sigstore_files::{
    Access, Existing, Lock, LockError, lock, read_limited, write_atomic, write_with,
};
use cpan_sigstore_tlog::tile::{TilePath, TileSource};

use crate::writer::TILE_LIMIT;

/// The folder of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Area {
    /// The files of the log, which everybody may read.
    Log,
    /// The writer's own files, which decide what the log is and are not served.
    State,
}

/// Storage of small files that are written whole, or not at all.
///
/// A file that `write` returned from is on the disk. This is the seam at which tests let every write fail.
pub trait Store: Sync {
    /// Returns a file of at most `limit` bytes; `None` if there is none.
    ///
    /// # Errors
    /// The errors of reading it.
    fn read(&self, area: Area, path: &str, limit: u64) -> io::Result<Option<Vec<u8>>>;

    /// Writes a file, and creates its folder.
    ///
    /// # Errors
    /// The errors of writing it. The file is then as it was.
    fn write(&self, area: Area, path: &str, bytes: &[u8]) -> io::Result<()>;

    /// Removes all files in a folder.
    ///
    /// # Errors
    /// The errors of removing them. Some may be removed then.
    fn clear(&self, area: Area, folder: &str) -> io::Result<()>;
}

/// The folders of a log on this machine.
#[derive(Clone, Debug)]
pub struct DiskStore {
    log: PathBuf,
    state: PathBuf,
}

impl DiskStore {
    /// The log in a folder, with its state in another one.
    pub fn new(log: impl Into<PathBuf>, state: impl Into<PathBuf>) -> Self {
        Self {
            log: log.into(),
            state: state.into(),
        }
    }

    /// The path of a file.
    pub fn path(&self, area: Area, path: &str) -> PathBuf {
        match area {
            Area::Log => self.log.join(path),
            Area::State => self.state.join(path),
        }
    }

    /// Locks the log, so that no other process of this machine writes.
    ///
    /// # Errors
    /// [`LockError::Held`] at once if another one does, and others if the state cannot be written.
    pub fn lock(&self) -> Result<Lock, LockError> {
        lock(&self.state.join("lock"), Duration::ZERO)
    }
}

impl Store for DiskStore {
    fn read(&self, area: Area, path: &str, limit: u64) -> io::Result<Option<Vec<u8>>> {
        read_limited(&self.path(area, path), limit)
    }

    fn write(&self, area: Area, path: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.path(area, path);
        match area {
            Area::State => write_atomic(&path, bytes),
            Area::Log => {
                fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
                write_with(&path, bytes, Access::Umask, Existing::Replace)
            }
        }
    }

    fn clear(&self, area: Area, folder: &str) -> io::Result<()> {
        for entry in fs::read_dir(self.path(area, folder))? {
            fs::remove_file(entry?.path())?;
        }
        Ok(())
    }
}

/// The tiles of a log in a store.
#[derive(Debug)]
pub(crate) struct StoredTiles<'a, S>(pub &'a S);

impl<S: Store> TileSource for StoredTiles<'_, S> {
    type Error = io::Error;

    fn tile(&mut self, path: &TilePath) -> io::Result<Vec<u8>> {
        let name = path.to_string();
        let found = self.0.read(Area::Log, &name, TILE_LIMIT)?;
        found.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("no file {name}")))
    }
}
