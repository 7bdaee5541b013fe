//! Keeps the cache within its bound: what was used longest ago goes first.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::atomic::Ordering,
    time::SystemTime,
};

use super::{Cache, CacheError, hold};

struct Kept {
    path: PathBuf,
    size: u64,
    used: SystemTime,
}

impl Cache {
    /// Counts what is kept, by whichever process, and removes what is too much, but not `newest`.
    pub(super) fn make_room(&self, newest: Option<&Path>) -> Result<(), CacheError> {
        // Two at once would remove twice as much.
        let _held = hold(&self.root)?;
        let mut kept = self.kept()?;
        let mut size: u64 = kept.iter().map(|file| file.size).sum();
        if size > self.limit {
            // Some more than is needed, so that not every new file counts everything.
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

    fn kept(&self) -> Result<Vec<Kept>, CacheError> {
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
                kept.push(Kept {
                    path: file.path(),
                    size: metadata.len(),
                    used: metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH),
                });
            }
        }
        Ok(kept)
    }
}
