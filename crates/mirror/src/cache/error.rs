//! The error of the cache, and its folders.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

/// The cache folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot use {} in the cache: {source}", path.display())]
pub struct CacheError {
    /// The file or folder in it.
    pub path: PathBuf,
    /// The reason.
    pub source: io::Error,
}

impl CacheError {
    pub(crate) fn at(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self { path, source }
    }
}

/// Holds the lock of a cache until the file is dropped.
pub(super) fn lock(root: &Path) -> Result<File, CacheError> {
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

/// Creates a folder, and those above it, that only this user can read.
pub(super) fn make_folder(path: &Path) -> Result<(), CacheError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(path).map_err(CacheError::at(path))
}
