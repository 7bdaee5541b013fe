//! The unpacked bytes of a compressed stream, as `gzip` and `bzip2` produce them.

use std::{
    io::{self, BufRead as _, Read},
    mem,
};

use bzip2::bufread::BzDecoder;
use flate2::{GzHeader, bufread::GzDecoder};

use crate::{hashed_source::HashedSource, limits, read_error::ReadError};

/// Compression of a tar archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    Gzip,
    Bzip2,
}

impl Compression {
    /// Returns the first bytes of every stream.
    pub const fn magic(self) -> &'static [u8] {
        match self {
            Self::Gzip => b"\x1f\x8b",
            Self::Bzip2 => b"BZh",
        }
    }
}

/// Bytes after the last compressed stream of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trailer {
    /// End of the last stream, from the start of the file.
    pub at: u64,
    /// Number of bytes that follow.
    pub bytes: u64,
    /// Whether one of them is not zero. `gzip` silently ignores zeros.
    pub is_garbage: bool,
}

enum State<R: Read> {
    Gzip(Box<GzDecoder<HashedSource<R>>>),
    Bzip2(Box<BzDecoder<HashedSource<R>>>),
    Ended(HashedSource<R>),
    /// Exists only during a change of state.
    Moving,
}

/// The unpacked bytes of all compressed streams of a file, in order, within the limits.
///
/// `gzip`, `bzip2` and Perl's libraries treat several streams in one file as one.
pub struct UnpackedStream<R: Read> {
    compression: Compression,
    state: State<R>,
    unpacked_bytes: u64,
    trailer: Option<Trailer>,
    header: Option<GzHeader>,
}

impl<R: Read> UnpackedStream<R> {
    /// Reads a file that starts with the magic bytes of the compression.
    pub fn new(source: HashedSource<R>, compression: Compression) -> Self {
        let mut unpacked = Self {
            compression,
            state: State::Moving,
            unpacked_bytes: 0,
            trailer: None,
            header: None,
        };
        unpacked.begin(source);
        unpacked
    }

    /// Returns how many bytes were unpacked.
    pub const fn unpacked_bytes(&self) -> u64 {
        self.unpacked_bytes
    }

    /// Returns what follows the last stream, or `None` before its end.
    pub const fn trailer(&self) -> Option<Trailer> {
        self.trailer
    }

    /// Returns the header of the first gzip stream, or `None` before the first read.
    pub const fn gzip_header(&self) -> Option<&GzHeader> {
        self.header.as_ref()
    }

    /// Returns the file below.
    ///
    /// # Errors
    /// None in practice: only a call during a change of state fails.
    pub fn into_source(self) -> io::Result<HashedSource<R>> {
        match self.state {
            State::Gzip(decoder) => Ok(decoder.into_inner()),
            State::Bzip2(decoder) => Ok(decoder.into_inner()),
            State::Ended(source) => Ok(source),
            State::Moving => Err(io::Error::other("stream is changing its state")),
        }
    }

    fn begin(&mut self, source: HashedSource<R>) {
        self.state = match self.compression {
            Compression::Gzip => State::Gzip(Box::new(GzDecoder::new(source))),
            Compression::Bzip2 => State::Bzip2(Box::new(BzDecoder::new(source))),
        };
    }

    /// Moves on to the next stream, or to the bytes after the last.
    fn advance(&mut self) -> io::Result<()> {
        let mut source = match mem::replace(&mut self.state, State::Moving) {
            State::Gzip(decoder) => decoder.into_inner(),
            State::Bzip2(decoder) => decoder.into_inner(),
            State::Ended(source) => source,
            State::Moving => return Err(io::ErrorKind::UnexpectedEof.into()),
        };
        let magic = self.compression.magic();
        match source.peek(magic.len()) {
            Ok(next) if next == magic => self.begin(source),
            result => {
                let result = result
                    .map(|_| ())
                    .and_then(|()| trailer(&mut source))
                    .map(|trailer| self.trailer = Some(trailer));
                self.state = State::Ended(source);
                result?;
            }
        }
        Ok(())
    }

    fn check_limits(&self) -> io::Result<()> {
        let consumed = match &self.state {
            State::Gzip(decoder) => decoder.get_ref().consumed(),
            State::Bzip2(decoder) => decoder.get_ref().consumed(),
            State::Ended(_) | State::Moving => return Ok(()),
        };
        if self.unpacked_bytes > limits::UNPACKED {
            return Err(ReadError::limit("unpacked bytes", limits::UNPACKED));
        }
        if self.unpacked_bytes > limits::RATIO_FLOOR
            && self.unpacked_bytes / limits::RATIO > consumed
        {
            return Err(ReadError::limit(
                "unpacked bytes for each byte of the file",
                limits::RATIO,
            ));
        }
        Ok(())
    }
}

/// Reads the bytes after the last stream.
fn trailer<R: Read>(source: &mut HashedSource<R>) -> io::Result<Trailer> {
    let mut trailer = Trailer {
        at: source.consumed(),
        bytes: 0,
        is_garbage: false,
    };
    loop {
        let bytes = source.fill_buf()?;
        if bytes.is_empty() {
            return Ok(trailer);
        }
        trailer.is_garbage |= bytes.iter().any(|byte| *byte != 0);
        let count = bytes.len();
        trailer.bytes += count as u64;
        source.consume(count);
    }
}

impl<R: Read> Read for UnpackedStream<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            let count = match &mut self.state {
                State::Gzip(decoder) => decoder.read(out)?,
                State::Bzip2(decoder) => decoder.read(out)?,
                State::Ended(_) => return Ok(0),
                State::Moving => return Err(io::ErrorKind::UnexpectedEof.into()),
            };
            if self.header.is_none()
                && let State::Gzip(decoder) = &self.state
            {
                self.header = decoder.header().cloned();
            }
            if count > 0 {
                self.unpacked_bytes += count as u64;
                self.check_limits()?;
                return Ok(count);
            }
            self.advance()?;
        }
    }
}
