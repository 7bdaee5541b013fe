//! Small files in a folder: tiles and proofs, which never change. Nothing that it returns is trusted.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use cpan_sigstore_core::digest::Sha256Digest;
use cpan_sigstore_files::{create_private_folder, read_limited, write_atomic};

/// Files of one size limit in one folder. When there are too many, it begins again with none.
#[derive(Debug)]
pub(super) struct FileCache {
    folder: Option<PathBuf>,
    /// Most files.
    most: usize,
    /// Largest file, in bytes.
    size: usize,
    count: OnceLock<AtomicUsize>,
}

impl FileCache {
    /// The cache in a folder; without one, nothing is kept.
    pub fn new(folder: Option<PathBuf>, most: usize, size: usize) -> Self {
        Self {
            folder,
            most,
            size,
            count: OnceLock::new(),
        }
    }

    /// Returns a file. One that cannot be read is none.
    pub fn get(&self, name: &str) -> Option<Vec<u8>> {
        let path = self.place(name)?;
        read_limited(&path, self.size as u64).ok().flatten()
    }

    /// Keeps a file. A full disk only makes the next run slower.
    pub fn put(&self, name: &str, bytes: &[u8]) {
        let (Some(folder), Some(path)) = (&self.folder, self.place(name)) else {
            return;
        };
        if bytes.len() > self.size {
            return;
        }
        if let Err(error) = self.write(folder, &path, bytes) {
            tracing::debug!(%error, path = %path.display(), "cannot keep a file of the log");
        }
    }

    fn write(&self, folder: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
        create_private_folder(folder)?;
        let count = self.count.get_or_init(|| {
            let files = fs::read_dir(folder).map_or(0, Iterator::count);
            AtomicUsize::new(files)
        });
        if count.load(Ordering::Relaxed) >= self.most {
            fs::remove_dir_all(folder)?;
            create_private_folder(folder)?;
            count.store(0, Ordering::Relaxed);
        }
        write_atomic(path, bytes)?;
        count.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Removes a file that is of no use.
    pub fn remove(&self, name: &str) {
        if let Some(path) = self.place(name) {
            // A file that stays is found to be of no use again.
            let _ = fs::remove_file(path);
        }
    }

    /// The place of a file: its name is a digest, so that no path leads elsewhere.
    fn place(&self, name: &str) -> Option<PathBuf> {
        let digest = Sha256Digest::of(name.as_bytes()).to_string();
        let hex = digest.strip_prefix("sha256:").unwrap_or(&digest);
        Some(self.folder.as_ref()?.join(hex))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_files_within_its_limits() {
        let folder = tempfile::tempdir().unwrap();
        let cache = FileCache::new(Some(folder.path().join("tiles")), 3, 8);
        assert_eq!(cache.get("a"), None);
        for name in ["a", "../b", "c"] {
            cache.put(name, name.as_bytes());
            assert_eq!(cache.get(name).unwrap(), name.as_bytes());
        }
        cache.put("long", b"123456789");
        assert_eq!(cache.get("long"), None);
        cache.put("d", b"d");
        assert_eq!(
            (cache.get("a"), cache.get("d")),
            (None, Some(b"d".to_vec()))
        );
        cache.remove("d");
        assert_eq!(cache.get("d"), None);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        FileCache::new(None, 1, 1).put("a", b"a");
    }
}
