//! The files at the paths of an upstream, as they were when the gate last admitted them.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use cpan_sigstore_core::digest::Sha256Digest;
use cpan_sigstore_http::Validators;
use serde::{Deserialize, Serialize};

use super::{
    content::Content,
    error::{CacheError, make_folder},
};

/// Size limit of an entry, in bytes.
const ENTRY_LIMIT: u64 = 16 * 1024;
/// Hexadecimal digits in the name of an upstream's folder.
const FOLDER_DIGITS: usize = 16;

/// The file at a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CachedFile {
    /// The path, so that one entry cannot pass for another.
    pub path: String,
    /// The file.
    pub content: Content,
    /// Its bundle; `None` if it has none.
    pub bundle: Option<Content>,
    /// The upstream's `ETag` for the file.
    pub etag: Option<String>,
    /// The upstream's `Last-Modified` for the file.
    pub last_modified: Option<String>,
}

impl CachedFile {
    /// The conditions for the next request to the upstream.
    pub fn validators(&self) -> Validators {
        Validators {
            etag: self.etag.clone(),
            last_modified: self.last_modified.clone(),
        }
    }
}

/// The cached files of one upstream, by path.
pub struct CacheIndex {
    folder: PathBuf,
}

impl CacheIndex {
    pub(super) fn open(root: &Path, upstream: &str) -> Result<Self, CacheError> {
        let name: String = file_name(upstream).chars().take(FOLDER_DIGITS).collect();
        let folder = root.join(name);
        make_folder(&folder)?;
        Ok(Self { folder })
    }

    /// The file at a path; `None` if none is known, or its entry cannot be read.
    pub fn get(&self, path: &str) -> Option<CachedFile> {
        let entry = cpan_sigstore_files::read_limited(&self.entry(path), ENTRY_LIMIT).ok()??;
        let file: CachedFile = serde_json::from_slice(&entry).ok()?;
        (file.path == path).then_some(file)
    }

    /// Writes the entry of a file.
    ///
    /// # Errors
    /// [`CacheError`] if it cannot be written.
    pub fn set(&self, file: &CachedFile) -> Result<(), CacheError> {
        let path = self.entry(&file.path);
        let entry = serde_json::to_vec(file)
            .map_err(|error| CacheError::at(&path)(io::Error::other(error)))?;
        cpan_sigstore_files::write_atomic(&path, &entry).map_err(CacheError::at(&path))
    }

    /// Removes the entry of a path.
    pub fn forget(&self, path: &str) {
        // An entry that remains is only checked again.
        let _ = fs::remove_file(self.entry(path));
    }

    fn entry(&self, path: &str) -> PathBuf {
        self.folder.join(file_name(path))
    }
}

/// A file name for any text.
fn file_name(text: &str) -> String {
    Sha256Digest::of(text.as_bytes()).to_hex()
}
