//! The file below a decompressor: counted, hashed, with a short look-ahead.

use std::io::{self, BufRead, Read};

use cpan_sigstore_core::digest::{Sha256Digest, Sha256Hasher};

use crate::{limits, read_error::ReadError};

/// Bytes that are read at once.
const BUFFER: usize = 128 * 1024;

/// A file that is read from its start. Every byte read becomes part of the digest, unless the digest is known.
pub struct HashedSource<R> {
    file: R,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    digest: DigestState,
    /// Number of bytes read from the file.
    read: u64,
}

enum DigestState {
    Computing(Sha256Hasher),
    /// The file was hashed before.
    Known(Sha256Digest),
}

impl<R: Read> HashedSource<R> {
    pub fn new(file: R) -> Self {
        Self::with_digest(file, None)
    }

    /// Reads a file whose digest may be known.
    pub fn with_digest(file: R, known: Option<Sha256Digest>) -> Self {
        let digest = known.map_or_else(
            || DigestState::Computing(Sha256Hasher::default()),
            DigestState::Known,
        );
        Self {
            file,
            buffer: vec![0; BUFFER].into(),
            start: 0,
            end: 0,
            digest,
            read: 0,
        }
    }

    /// Returns how many bytes were consumed.
    pub const fn consumed(&self) -> u64 {
        self.read - (self.end - self.start) as u64
    }

    /// Returns the next bytes without consuming them: `count`, or fewer at the end of the file.
    pub fn peek(&mut self, count: usize) -> io::Result<&[u8]> {
        while self.end - self.start < count && self.fill()? > 0 {}
        let end = self.end.min(self.start + count);
        Ok(&self.buffer[self.start..end])
    }

    /// Returns the digest of the whole file, which is read to its end unless the digest is known.
    pub fn finish(mut self) -> io::Result<Sha256Digest> {
        while matches!(self.digest, DigestState::Computing(_)) {
            self.start = self.end;
            if self.fill()? == 0 {
                break;
            }
        }
        Ok(match self.digest {
            DigestState::Computing(hasher) => hasher.finish(),
            DigestState::Known(digest) => digest,
        })
    }

    /// Reads more bytes behind those in the buffer.
    fn fill(&mut self) -> io::Result<usize> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        let count = loop {
            match self.file.read(&mut self.buffer[self.end..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result.map_err(ReadError::file_error)?,
            }
        };
        if let DigestState::Computing(hasher) = &mut self.digest {
            hasher.update(&self.buffer[self.end..self.end + count]);
        }
        self.end += count;
        self.read += count as u64;
        Ok(count)
    }
}

impl<R: Read> BufRead for HashedSource<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end {
            self.fill()?;
        }
        if self.consumed() > limits::PACKED {
            return Err(ReadError::limit("bytes of the file", limits::PACKED));
        }
        Ok(&self.buffer[self.start..self.end])
    }

    fn consume(&mut self, count: usize) {
        self.start = self.end.min(self.start + count);
    }
}

impl<R: Read> Read for HashedSource<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(out.len());
        out[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Ok(count)
    }
}
