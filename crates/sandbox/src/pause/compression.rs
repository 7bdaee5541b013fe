//! gzip and bzip2 of whole files, within a limit.

use std::io::{Read, Write as _};

use bzip2::{Compression as BzipLevel, bufread::BzDecoder, write::BzEncoder};
use flate2::{Compression as GzipLevel, bufread::GzDecoder, write::GzEncoder};

/// Largest unpacked size, in bytes.
const UNPACKED_LIMIT: u64 = 256 * 1024 * 1024;

/// Compression of a file, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    Gzip,
    Bzip2,
}

/// An unpacked file.
pub(super) struct UnpackedFile {
    pub(super) bytes: Vec<u8>,
    /// Whether something follows that is neither another stream nor padding.
    pub(super) garbage: bool,
}

impl Compression {
    /// Returns the compression of a tar archive with this name.
    pub(super) fn of_tar(name: &str) -> Option<Self> {
        let ends = |suffixes: &[&str]| suffixes.iter().any(|suffix| name.ends_with(suffix));
        if ends(&[".tar.gz", ".tgz"]) {
            Some(Self::Gzip)
        } else if ends(&[".tar.bz2", ".tbz"]) {
            Some(Self::Bzip2)
        } else {
            None
        }
    }

    /// Unpacks all streams of a file, or returns `None` if it is broken or too large.
    pub(super) fn unpack(self, packed: &[u8]) -> Option<UnpackedFile> {
        let mut bytes = Vec::new();
        let mut rest = packed;
        loop {
            rest = self.unpack_stream(rest, &mut bytes)?;
            if rest.iter().all(|&byte| byte == 0) {
                return Some(UnpackedFile {
                    bytes,
                    garbage: false,
                });
            }
            if !rest.starts_with(self.magic()) {
                return Some(UnpackedFile {
                    bytes,
                    garbage: true,
                });
            }
        }
    }

    /// Compresses as the program does, at a level from 1 to 9.
    pub(super) fn pack(self, bytes: &[u8], level: u32) -> std::io::Result<Vec<u8>> {
        match self {
            Self::Gzip => {
                let mut encoder = GzEncoder::new(Vec::new(), GzipLevel::new(level));
                encoder.write_all(bytes)?;
                encoder.finish()
            }
            Self::Bzip2 => {
                let mut encoder = BzEncoder::new(Vec::new(), BzipLevel::new(level));
                encoder.write_all(bytes)?;
                encoder.finish()
            }
        }
    }

    /// Appends the content of one stream and returns what follows it.
    fn unpack_stream<'a>(self, packed: &'a [u8], unpacked: &mut Vec<u8>) -> Option<&'a [u8]> {
        match self {
            Self::Gzip => {
                let mut decoder = GzDecoder::new(packed);
                read_within(&mut decoder, unpacked)?;
                Some(decoder.into_inner())
            }
            Self::Bzip2 => {
                let mut decoder = BzDecoder::new(packed);
                read_within(&mut decoder, unpacked)?;
                Some(decoder.into_inner())
            }
        }
    }

    fn magic(self) -> &'static [u8] {
        match self {
            Self::Gzip => &[0x1f, 0x8b],
            Self::Bzip2 => b"BZh",
        }
    }
}

fn read_within(decoder: &mut impl Read, unpacked: &mut Vec<u8>) -> Option<()> {
    let left = UNPACKED_LIMIT.saturating_sub(unpacked.len() as u64);
    let read = decoder.take(left + 1).read_to_end(unpacked).ok()?;
    (read as u64 <= left).then_some(())
}
