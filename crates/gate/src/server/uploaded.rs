//! An uploaded file.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use cpan_sigstore_core::digest::{Sha256Digest, Sha256Hasher};
use cpan_sigstore_keyless::bundle::SIZE_LIMIT as BUNDLE_LIMIT;
use cpan_sigstore_records::record::SIZE_LIMIT as RECORD_LIMIT;

/// Most bytes that are kept of a file: one more than the larger of the limits of bundles and records.
const KEPT: usize = if BUNDLE_LIMIT > RECORD_LIMIT {
    BUNDLE_LIMIT + 1
} else {
    RECORD_LIMIT + 1
};
/// Bytes that are read at a time.
const BUFFER: usize = 64 * 1024;

/// An uploaded file: a local file that nobody else writes to.
pub struct UploadedFile {
    path: PathBuf,
    digest: Sha256Digest,
    head: Vec<u8>,
}

impl UploadedFile {
    /// Reads a file once, and hashes it. The beginning is kept, so that bundles and records are not read again.
    ///
    /// # Errors
    /// A file that cannot be read, or that is no regular file.
    pub fn open(path: &Path) -> io::Result<Self> {
        // Opening a pipe waits for its writer.
        if !std::fs::metadata(path)?.is_file() {
            return Err(io::Error::other("expected a regular file"));
        }
        let mut file = File::open(path)?;
        let mut hasher = Sha256Hasher::default();
        let mut head = Vec::new();
        let mut buffer = vec![0; BUFFER];
        loop {
            let count = file.read(&mut buffer)?;
            let part = buffer.get(..count).unwrap_or_default();
            if part.is_empty() {
                break;
            }
            hasher.update(part);
            let room = KEPT.saturating_sub(head.len());
            head.extend_from_slice(part.get(..room).unwrap_or(part));
        }
        Ok(Self {
            path: path.to_owned(),
            digest: hasher.finish(),
            head,
        })
    }

    /// Its path on this machine.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The digest of its bytes.
    pub const fn digest(&self) -> Sha256Digest {
        self.digest
    }

    /// Its bytes. Of a file that exceeds every limit, so many that they exceed it, too.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.head
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_the_whole_of_a_huge_upload_and_keeps_its_beginning() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let bytes = vec![b'x'; 2 * KEPT + 5];
        std::fs::write(&path, &bytes).unwrap();
        let file = UploadedFile::open(&path).unwrap();
        assert_eq!(file.digest(), Sha256Digest::of(&bytes));
        assert_eq!(file.bytes().len(), KEPT);
        assert!(UploadedFile::open(folder.path()).is_err());
    }
}
