//! The cache on the disk, of everything that the gate admitted.
//!
//! ```text
//! content/ab/abcd…     files by their SHA-256, each written once and never changed
//! known/UPSTREAM/…     the files at the paths of an upstream, as JSON; replaced by renaming
//! incoming/RUN/        unfinished downloads, one folder for each process, removed with it
//! lock                 held while folders are created and removed
//! ```
//!
//! A file is renamed into its place after it is on the disk: a crash leaves it whole or not at all. Several
//! processes may share one folder. The same digest is the same content, and a process fetches again a file
//! that another one removed.

mod content;
mod error;
mod evict;
mod incoming;
mod index;

pub use content::Content;
pub use error::CacheError;
pub use incoming::Incoming;
pub use index::{CacheIndex, CachedFile};

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, SystemTime},
};

use cpan_sigstore_core::digest::Sha256Digest;

use error::{lock, make_folder};
use incoming::Run;

/// Age at which the time of the last use is written again.
const USE_GRAIN: Duration = Duration::from_secs(600);

/// The cache in a folder.
pub struct Cache {
    root: PathBuf,
    /// The size limit in bytes.
    limit: u64,
    /// The size in bytes, as far as this process knows.
    size: AtomicU64,
    run: Run,
}

impl Cache {
    /// Opens the cache in a folder that only this user can read, and creates it if there is none. Removes the
    /// unfinished downloads of crashed processes.
    ///
    /// # Errors
    /// [`CacheError`] if the folder cannot be created or written.
    pub fn open(root: &Path, limit: u64) -> Result<Self, CacheError> {
        for folder in [root.to_owned(), root.join("content"), root.join("known")] {
            make_folder(&folder)?;
        }
        let run = {
            let _held = lock(root)?;
            Run::begin(&root.join("incoming"))?
        };
        let cache = Self {
            root: root.to_owned(),
            limit,
            size: AtomicU64::new(0),
            run,
        };
        cache.make_room(None)?;
        Ok(cache)
    }

    /// The size in bytes, as far as this process knows.
    pub fn size(&self) -> u64 {
        self.size.load(Ordering::Relaxed)
    }

    /// A file for a download. It is removed when it is dropped.
    ///
    /// # Errors
    /// [`CacheError`] if it cannot be created.
    pub fn incoming(&self) -> Result<Incoming, CacheError> {
        self.run.file()
    }

    /// Moves a whole download to its digest.
    ///
    /// # Errors
    /// [`CacheError`] if it cannot be written.
    pub fn keep(&self, incoming: Incoming, content: Content) -> Result<(), CacheError> {
        let path = self.path(&content.digest);
        if let Some(folder) = path.parent() {
            make_folder(folder)?;
        }
        let is_new = !path.exists();
        incoming.rename(&path)?;
        if is_new {
            let size = self.size.fetch_add(content.size, Ordering::Relaxed) + content.size;
            if size > self.limit {
                self.make_room(Some(&path))?;
            }
        }
        Ok(())
    }

    /// Writes bytes to their digest.
    ///
    /// # Errors
    /// [`CacheError`] if they cannot be written.
    pub fn keep_bytes(&self, bytes: &[u8]) -> Result<Content, CacheError> {
        let content = Content {
            digest: Sha256Digest::of(bytes),
            size: bytes.len() as u64,
        };
        // Another process may have written other bytes of the same length.
        if self.bytes(&content).as_deref() != Some(bytes) {
            let mut incoming = self.incoming()?;
            incoming.write(bytes)?;
            self.keep(incoming, content)?;
        }
        Ok(content)
    }

    /// Opens a cached file; `None` if it is missing or not whole.
    pub fn file(&self, content: &Content) -> Option<File> {
        let file = File::open(self.path(&content.digest)).ok()?;
        let metadata = file.metadata().ok()?;
        if metadata.len() != content.size {
            return None;
        }
        let used = metadata.modified().ok();
        let now = SystemTime::now();
        if used.is_none_or(|used| now.duration_since(used).is_ok_and(|age| age > USE_GRAIN)) {
            // The time only decides which file is removed first.
            let _ = file.set_modified(now);
        }
        Some(file)
    }

    /// Reads a small cached file; `None` if it is missing or not whole.
    pub fn bytes(&self, content: &Content) -> Option<Vec<u8>> {
        let bytes = cpan_sigstore_files::read_open(self.file(content)?, content.size).ok()?;
        (bytes.len() as u64 == content.size).then_some(bytes)
    }

    /// Whether a file is kept, whole.
    pub fn has(&self, content: &Content) -> bool {
        self.file(content).is_some()
    }

    /// Where a file is kept, or would be.
    pub fn path(&self, digest: &Sha256Digest) -> PathBuf {
        let shown = digest.to_string();
        let hex = shown.trim_start_matches("sha256:");
        self.root.join("content").join(&hex[..2]).join(hex)
    }

    /// Removes a file whose bytes have another digest.
    pub fn remove(&self, digest: &Sha256Digest) {
        // A file that remains is fetched again.
        let _ = fs::remove_file(self.path(digest));
    }

    /// The index of the files of an upstream.
    ///
    /// # Errors
    /// [`CacheError`] if its folder cannot be created.
    pub fn index(&self, upstream: &str) -> Result<CacheIndex, CacheError> {
        CacheIndex::open(&self.root.join("known"), upstream)
    }
}

#[cfg(test)]
mod tests;
