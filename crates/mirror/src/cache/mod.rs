//! What was allowed, on the disk.
//!
//! ```text
//! content/ab/abcd…     files by their SHA-256, each written once and never changed
//! known/UPSTREAM/…     what stands at a path of an upstream, as JSON; replaced by renaming
//! incoming/RUN/        what comes just now, one folder for each process, removed with it
//! lock                 held while folders are made and removed
//! ```
//!
//! A file gets its place by being renamed into it, after it is on the disk: a crash leaves it whole or
//! not at all. Several processes may share one folder: the same digest is the same content, whoever
//! wrote it, and what one removes is fetched again by the other.

mod evict;
mod incoming;
mod known;

pub use incoming::Incoming;
pub use known::{Known, Place};

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, SystemTime},
};

use cpan_sigstore_core::digest::Sha256Digest;
use serde::{Deserialize, Serialize};

use incoming::Run;

/// How old the note of the last use may be; a newer one is not written anew.
const USE_GRAIN: Duration = Duration::from_secs(600);

/// The cache folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("expected to use the cache in {}: {source}", path.display())]
pub struct CacheError {
    /// The file or folder in it.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

impl CacheError {
    pub(crate) fn at(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self { path, source }
    }
}

/// A file in the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// Of its bytes.
    pub digest: Sha256Digest,
    /// How many they are.
    pub size: u64,
}

/// The cache in a folder.
pub struct Cache {
    root: PathBuf,
    /// How much is kept, in bytes.
    limit: u64,
    /// How much there is, as far as this process knows.
    size: AtomicU64,
    run: Run,
}

impl Cache {
    /// Opens the cache in a folder, which only this user can read, and makes it where there is none.
    /// What crashed processes left unfinished is removed.
    ///
    /// # Errors
    /// Where the folder cannot be made or written.
    pub fn open(root: &Path, limit: u64) -> Result<Self, CacheError> {
        for folder in [root.to_owned(), root.join("content"), root.join("known")] {
            make_folder(&folder)?;
        }
        let run = {
            let _held = hold(root)?;
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

    /// How many bytes are kept, as far as this process knows.
    pub fn size(&self) -> u64 {
        self.size.load(Ordering::Relaxed)
    }

    /// A file for what comes from upstream. It is removed when it is dropped.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn incoming(&self) -> Result<Incoming, CacheError> {
        self.run.file()
    }

    /// Puts a file that has come whole under its digest.
    ///
    /// # Errors
    /// Where it cannot be written.
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

    /// The same for what is in memory.
    ///
    /// # Errors
    /// As [`Cache::keep`].
    pub fn keep_bytes(&self, bytes: &[u8]) -> Result<Content, CacheError> {
        let content = Content {
            digest: Sha256Digest::of(bytes),
            size: bytes.len() as u64,
        };
        if !self.has(&content) {
            let mut incoming = self.incoming()?;
            incoming.write(bytes)?;
            self.keep(incoming, content)?;
        }
        Ok(content)
    }

    /// Opens a file that is kept; `None` where it is not there, or not whole.
    pub fn file(&self, content: &Content) -> Option<File> {
        let file = File::open(self.path(&content.digest)).ok()?;
        let metadata = file.metadata().ok()?;
        if metadata.len() != content.size {
            return None;
        }
        let used = metadata.modified().ok();
        let now = SystemTime::now();
        if used.is_none_or(|used| now.duration_since(used).is_ok_and(|age| age > USE_GRAIN)) {
            // Only for choosing what is removed first.
            let _ = file.set_modified(now);
        }
        Some(file)
    }

    /// The bytes of a small file that is kept.
    pub fn bytes(&self, content: &Content) -> Option<Vec<u8>> {
        use io::Read as _;
        let mut bytes = Vec::with_capacity(usize::try_from(content.size).ok()?);
        self.file(content)?
            .take(content.size + 1)
            .read_to_end(&mut bytes)
            .ok()?;
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

    /// Removes a file that turned out not to be what its digest says.
    pub fn remove(&self, digest: &Sha256Digest) {
        // It is fetched again where it cannot be used.
        let _ = fs::remove_file(self.path(digest));
    }

    /// What is known of the paths of an upstream.
    ///
    /// # Errors
    /// Where its folder cannot be made.
    pub fn known(&self, upstream: &str) -> Result<Known, CacheError> {
        Known::open(&self.root.join("known"), upstream)
    }
}

/// Holds the lock of a cache until it is dropped.
fn hold(root: &Path) -> Result<File, CacheError> {
    let path = root.join("lock");
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(CacheError::at(&path))?;
    file.lock().map_err(CacheError::at(&path))?;
    Ok(file)
}

/// Makes a folder that only this user can read, with those above it.
fn make_folder(path: &Path) -> Result<(), CacheError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(path).map_err(CacheError::at(path))
}

#[cfg(test)]
mod tests;
