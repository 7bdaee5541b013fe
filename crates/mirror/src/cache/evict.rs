//! Keeps the cache within its limit: the file that was used longest ago is removed first.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::atomic::Ordering,
    time::SystemTime,
};

use super::{
    Cache,
    error::{CacheError, lock},
};

struct StoredFile {
    path: PathBuf,
    size: u64,
    used: SystemTime,
}

impl Cache {
    /// Measures the files of all processes, and removes files above the limit, but not `newest`.
    pub(super) fn make_room(&self, newest: Option<&Path>) -> Result<(), CacheError> {
        // Two processes at once would remove twice as much.
        let _held = lock(&self.root)?;
        let mut kept = self.kept()?;
        let mut size: u64 = kept.iter().map(|file| file.size).sum();
        if size > self.limit {
            // A tenth more than needed, so that not every new file needs a measurement.
            let target = self.limit - self.limit / 10;
            kept.sort_by_key(|file| file.used);
            for file in kept {
                if size <= target {
                    break;
                }
                if newest == Some(file.path.as_path()) {
                    continue;
                }
                match fs::remove_file(&file.path) {
                    Ok(()) => size -= file.size,
                    Err(error) if error.kind() == io::ErrorKind::NotFound => size -= file.size,
                    Err(error) => return Err(CacheError::at(file.path)(error)),
                }
            }
        }
        self.size.store(size, Ordering::Relaxed);
        Ok(())
    }

    fn kept(&self) -> Result<Vec<StoredFile>, CacheError> {
        let root = self.root.join("content");
        let mut kept = Vec::new();
        for folder in fs::read_dir(&root).map_err(CacheError::at(&root))? {
            let folder = folder.map_err(CacheError::at(&root))?.path();
            let Ok(files) = fs::read_dir(&folder) else {
                continue;
            };
            for file in files {
                let file = file.map_err(CacheError::at(&folder))?;
                // Another process may have removed it.
                let Ok(metadata) = file.metadata() else {
                    continue;
                };
                kept.push(StoredFile {
                    path: file.path(),
                    size: metadata.len(),
                    used: metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH),
                });
            }
        }
        Ok(kept)
    }
}
