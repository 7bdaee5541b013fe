//! The bytes within a compressed stream, as `gzip` and `bzip2` give them out.

use std::{
    io::{self, BufRead as _, Read},
    mem,
};

use bzip2::bufread::BzDecoder;
use flate2::{GzHeader, bufread::GzDecoder};

use crate::{limits, read_error::ReadError, source::Source};

/// What compresses a tar archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// `gzip`
    Gzip,
    /// `bzip2`
    Bzip2,
}

impl Compression {
    /// How every stream begins.
    pub const fn magic(self) -> &'static [u8] {
        match self {
            Self::Gzip => b"\x1f\x8b",
            Self::Bzip2 => b"BZh",
        }
    }
}

/// What follows the last compressed stream of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trailer {
    /// Where the last stream ends, from the start of the file.
    pub at: u64,
    /// How many bytes follow.
    pub bytes: u64,
    /// Whether one of them is not zero: those that are, `gzip` passes over in silence.
    pub is_garbage: bool,
}

enum State<R: Read> {
    Gzip(Box<GzDecoder<Source<R>>>),
    Bzip2(Box<BzDecoder<Source<R>>>),
    Ended(Source<R>),
    /// Only while one state is made into another.
    Moving,
}

/// The bytes of all compressed streams of a file, one after the other, within the limits.
///
/// Several streams in one file are one to `gzip`, `bzip2` and Perl's libraries, so they are here.
pub struct Unpacked<R: Read> {
    compression: Compression,
    state: State<R>,
    given: u64,
    trailer: Option<Trailer>,
    header: Option<GzHeader>,
}

impl<R: Read> Unpacked<R> {
    /// Reads a file that begins with the compression's magic.
    pub fn new(source: Source<R>, compression: Compression) -> Self {
        let mut unpacked = Self {
            compression,
            state: State::Moving,
            given: 0,
            trailer: None,
            header: None,
        };
        unpacked.begin(source);
        unpacked
    }

    /// How many bytes were given out.
    pub const fn given(&self) -> u64 {
        self.given
    }

    /// What follows the last stream; known once that was read to its end.
    pub const fn trailer(&self) -> Option<Trailer> {
        self.trailer
    }

    /// The header of the first stream, where it is of `gzip`; known once something was read.
    pub const fn gzip_header(&self) -> Option<&GzHeader> {
        self.header.as_ref()
    }

    /// The file below.
    ///
    /// # Errors
    /// None, unless this is called from within.
    pub fn into_source(self) -> io::Result<Source<R>> {
        match self.state {
            State::Gzip(decoder) => Ok(decoder.into_inner()),
            State::Bzip2(decoder) => Ok(decoder.into_inner()),
            State::Ended(source) => Ok(source),
            State::Moving => Err(io::Error::other("a stream within a move")),
        }
    }

    fn begin(&mut self, source: Source<R>) {
        self.state = match self.compression {
            Compression::Gzip => State::Gzip(Box::new(GzDecoder::new(source))),
            Compression::Bzip2 => State::Bzip2(Box::new(BzDecoder::new(source))),
        };
    }

    /// Goes on to the next stream, or to what follows the last.
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
        if self.given > limits::UNPACKED {
            return Err(ReadError::limit("unpacked bytes", limits::UNPACKED));
        }
        if self.given > limits::RATIO_FLOOR && self.given / limits::RATIO > consumed {
            return Err(ReadError::limit(
                "unpacked bytes for each of the file",
                limits::RATIO,
            ));
        }
        Ok(())
    }
}

/// Reads what follows the last stream.
fn trailer<R: Read>(source: &mut Source<R>) -> io::Result<Trailer> {
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

impl<R: Read> Read for Unpacked<R> {
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
                self.given += count as u64;
                self.check_limits()?;
                return Ok(count);
            }
            self.advance()?;
        }
    }
}
