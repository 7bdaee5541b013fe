//! What stands at the paths of an upstream, as it was when it was last allowed.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use cpan_sigstore_core::digest::Sha256Digest;
use cpan_sigstore_http::Validators;
use serde::{Deserialize, Serialize};

use super::{CacheError, Content, make_folder};

/// Largest note that is read, in bytes.
const NOTE_LIMIT: u64 = 16 * 1024;

/// What stands at a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Place {
    /// The path, so that a note cannot be taken for another's.
    pub path: String,
    /// The file.
    pub content: Content,
    /// Its bundle, where it has one.
    pub bundle: Option<Content>,
    /// The upstream's `ETag` for the file.
    pub etag: Option<String>,
    /// The upstream's `Last-Modified` for the file.
    pub last_modified: Option<String>,
}

impl Place {
    /// What to ask the upstream with.
    pub fn validators(&self) -> Validators {
        Validators {
            etag: self.etag.clone(),
            last_modified: self.last_modified.clone(),
        }
    }
}

/// The notes on one upstream.
pub struct Known {
    folder: PathBuf,
}

impl Known {
    pub(super) fn open(root: &Path, upstream: &str) -> Result<Self, CacheError> {
        let folder = root.join(&name(upstream)[..16]);
        make_folder(&folder)?;
        Ok(Self { folder })
    }

    /// What stood at a path; `None` where nothing is known, or the note cannot be read.
    pub fn place(&self, path: &str) -> Option<Place> {
        let note = cpan_sigstore_files::read(&self.note(path), NOTE_LIMIT).ok()??;
        let place: Place = serde_json::from_slice(&note).ok()?;
        (place.path == path).then_some(place)
    }

    /// Notes what stands at a path.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn set(&self, place: &Place) -> Result<(), CacheError> {
        let path = self.note(&place.path);
        let note = serde_json::to_vec(place)
            .map_err(|error| CacheError::at(&path)(io::Error::other(error)))?;
        cpan_sigstore_files::write(&path, &note).map_err(CacheError::at(&path))
    }

    /// Forgets what stood at a path.
    pub fn forget(&self, path: &str) {
        // Where it cannot be removed it is only looked at again.
        let _ = fs::remove_file(self.note(path));
    }

    fn note(&self, path: &str) -> PathBuf {
        self.folder.join(name(path))
    }
}

/// A file name for any text.
fn name(text: &str) -> String {
    let digest = Sha256Digest::of(text.as_bytes());
    digest.to_string().replace("sha256:", "")
}
