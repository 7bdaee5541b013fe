//! Large files that are hashed while they are written.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write as _},
    sync::Arc,
};

use cpan_sigstore_core::digest::{Sha256Digest, Sha256Hasher};

/// A file whose SHA-256 was computed from its bytes as they were written.
///
/// Only [`HashingWriter`] creates one, so its digest needs no second reading. It holds for as long as nobody else
/// writes to the file: callers write into private temporary files.
#[derive(Clone, Debug)]
pub struct HashedFile {
    file: Arc<File>,
    digest: Sha256Digest,
    size: u64,
}

impl HashedFile {
    /// Returns the SHA-256 of its bytes.
    pub const fn digest(&self) -> Sha256Digest {
        self.digest
    }

    /// Returns its size in bytes.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Returns a reader from the start, with a position of its own.
    pub fn reader(&self) -> HashedFileReader {
        HashedFileReader {
            file: Arc::clone(&self.file),
            at: 0,
            size: self.size,
        }
    }
}

/// A writer that hashes its bytes.
pub struct HashingWriter {
    file: File,
    hasher: Sha256Hasher,
    size: u64,
}

impl HashingWriter {
    /// Empties a file and writes to it from the start.
    ///
    /// # Errors
    /// If the file cannot be emptied.
    pub fn new(file: File) -> io::Result<Self> {
        let mut writer = Self {
            file,
            hasher: Sha256Hasher::default(),
            size: 0,
        };
        writer.restart()?;
        Ok(writer)
    }

    /// Discards everything that was written.
    ///
    /// # Errors
    /// If the file cannot be emptied.
    pub fn restart(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.hasher = Sha256Hasher::default();
        self.size = 0;
        Ok(())
    }

    /// Writes the next bytes.
    ///
    /// # Errors
    /// If the file cannot be written. [`restart`](Self::restart) has to follow.
    pub fn write(&mut self, part: &[u8]) -> io::Result<()> {
        self.hasher.update(part);
        self.size += part.len() as u64;
        self.file.write_all(part)
    }

    /// Returns the file with its digest.
    pub fn finish(self) -> HashedFile {
        HashedFile {
            file: Arc::new(self.file),
            digest: self.hasher.finish(),
            size: self.size,
        }
    }
}

/// A reader of a [`HashedFile`].
#[derive(Debug)]
pub struct HashedFileReader {
    file: Arc<File>,
    at: u64,
    size: u64,
}

impl Read for HashedFileReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.size.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let wanted = left.min(out.len());
        let count = read_at(&self.file, &mut out[..wanted], self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for HashedFileReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => self.size.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

/// Reads at a position, and ignores the position of the file itself.
fn read_at(file: &File, out: &mut [u8], at: u64) -> io::Result<usize> {
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::read_at(file, out, at);
    #[cfg(windows)]
    return std::os::windows::fs::FileExt::seek_read(file, out, at);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_what_was_written_since_the_restart() {
        let mut writer = HashingWriter::new(tempfile::tempfile().unwrap()).unwrap();
        writer
            .write(b"broke off, and longer than the rest")
            .unwrap();
        writer.restart().unwrap();
        writer.write(b"arch").unwrap();
        writer.write(b"ive").unwrap();
        let file = writer.finish();
        assert_eq!(file.digest(), Sha256Digest::of(b"archive"));
        assert_eq!(file.size(), 7);
        let (mut one, mut other) = (file.reader(), file.reader());
        let mut bytes = Vec::new();
        one.read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes, b"archive");
        other.seek(SeekFrom::End(-3)).unwrap();
        bytes.clear();
        other.read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes, b"ive");
        assert!(other.seek(SeekFrom::Current(-8)).is_err());
    }
}
