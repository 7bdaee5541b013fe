//! Zip archives, read by their central directory, which must agree with the headers it lists.

use std::io::{Read, Seek, SeekFrom};

use ::zip::{CompressionMethod, ZipArchive, result::ZipError};

use crate::{
    form::ZipProblem,
    limits,
    member::{Member, MemberKind},
    read_error::{LimitPassed, ReadError},
};

/// End of every zip archive: a fixed part, and a comment of at most 65535 bytes.
const END_MAGIC: &[u8] = b"PK\x05\x06";
const END_SIZE: usize = 22;

/// Largest central directory, in bytes. It is the only part held in memory.
const DIRECTORY: u64 = 16 << 20;

/// Largest file, in bytes. It bounds the memory if an archive has two directories.
const PACKED: u64 = 256 << 20;

/// A reader of the members of a zip archive.
pub struct ZipReader<'a, R> {
    archive: ZipArchive<&'a mut R>,
    next: usize,
    unpacked: u64,
    packed: u64,
}

impl<'a, R: Read + Seek> ZipReader<'a, R> {
    /// Reads the central directory.
    ///
    /// # Errors
    /// [`ReadError`] if there are two directories, if a directory contradicts its headers or lists
    /// a file twice, or if a limit is exceeded.
    pub fn new(file: &'a mut R) -> Result<Self, ReadError> {
        let packed = file.seek(SeekFrom::End(0)).map_err(ReadError::Io)?;
        let end = EndRecord::read(file, packed)?;
        if end.entries > limits::MEMBERS {
            return Err(LimitPassed::MEMBERS.into());
        }
        if packed > PACKED || end.size > DIRECTORY {
            return Err(LimitPassed {
                what: "bytes of a zip archive",
                limit: PACKED,
            }
            .into());
        }
        let mut archive = ZipArchive::new(file).map_err(corrupt)?;
        let is_the_same = archive.central_directory_start() == end.start && archive.offset() == 0;
        if !is_the_same {
            return Err(ZipProblem::Directory.into());
        }
        // Two files with one name, files missing from the directory, or contradictory headers.
        archive
            .validate_header_consistency()
            .map_err(|_| ZipProblem::Contradiction("names or sizes"))?;
        Ok(Self {
            archive,
            next: 0,
            unpacked: 0,
            packed,
        })
    }

    pub const fn unpacked_bytes(&self) -> u64 {
        self.unpacked
    }

    /// Reads the next member to its end and returns its content if `wanted` returns a limit.
    ///
    /// # Errors
    /// [`ReadError`]. Nothing more can be read after it.
    pub fn next(
        &mut self,
        wanted: impl FnOnce(&Member) -> Option<u64>,
    ) -> Result<Option<(Member, Vec<u8>)>, ReadError> {
        if self.next == self.archive.len() {
            return Ok(None);
        }
        let mut file = self.archive.by_index(self.next).map_err(corrupt)?;
        self.next += 1;
        if !matches!(
            file.compression(),
            CompressionMethod::Stored | CompressionMethod::Deflated
        ) {
            return Err(ZipProblem::Unsupported("compression").into());
        }
        if file.name_raw().len() > limits::PATH {
            return Err(LimitPassed {
                what: "bytes of a member's path",
                limit: limits::PATH as u64,
            }
            .into());
        }
        let mode = file.unix_mode();
        let mut member = Member {
            path: file.name_raw().to_vec(),
            kind: kind_of(mode, file.is_dir()),
            mode: mode.unwrap_or(0o644),
            size: file.size(),
            conflict: None,
        };
        let limit = if matches!(member.kind, MemberKind::Symlink(_)) {
            Some(limits::PATH as u64)
        } else {
            wanted(&member)
        };
        let allowed = limits::UNPACKED
            .min(limits::RATIO_FLOOR.max(self.packed.saturating_mul(limits::RATIO)))
            .saturating_sub(self.unpacked)
            .min(limits::MEMBER_SIZE);
        let (content, count) = read(&mut file, limit, allowed)?;
        self.unpacked += count;
        if let MemberKind::Symlink(target) = &mut member.kind {
            target.clone_from(&content);
        }
        Ok(Some((member, content)))
    }
}

/// Reads a member to its end, which checks its checksum, and returns the wanted content.
fn read(
    file: &mut impl Read,
    keep: Option<u64>,
    allowed: u64,
) -> Result<(Vec<u8>, u64), ReadError> {
    let limit = |what, limit| ReadError::from(LimitPassed { what, limit });
    let mut content = Vec::new();
    let mut count = 0;
    let mut buffer = [0; 16 * 1024];
    loop {
        let length = file.read(&mut buffer)?;
        if length == 0 {
            return Ok((content, count));
        }
        count += length as u64;
        if count > allowed {
            return Err(limit("unpacked bytes", allowed));
        }
        if let Some(most) = keep {
            if count > most {
                return Err(limit("bytes of a member that is read", most));
            }
            content.extend_from_slice(&buffer[..length]);
        }
    }
}

fn kind_of(mode: Option<u32>, is_folder: bool) -> MemberKind {
    match mode.map_or(0, |mode| mode & 0o170_000) {
        0o120_000 => MemberKind::Symlink(Vec::new()),
        0o010_000 => MemberKind::Other("a pipe".into()),
        0o020_000 | 0o060_000 => MemberKind::Other("a device".into()),
        0o140_000 => MemberKind::Other("a socket".into()),
        _ if is_folder => MemberKind::Folder,
        _ => MemberKind::File,
    }
}

fn corrupt(error: ZipError) -> ReadError {
    match error {
        ZipError::Io(error) => error.into(),
        error => ReadError::Corrupt(error.to_string()),
    }
}

/// The end record, which locates the central directory.
struct EndRecord {
    entries: u64,
    size: u64,
    start: u64,
}

impl EndRecord {
    /// Reads the record whose comment ends exactly at the end of the file.
    fn read<R: Read + Seek>(file: &mut R, length: u64) -> Result<Self, ReadError> {
        let span = length.min((END_SIZE + usize::from(u16::MAX)) as u64);
        file.seek(SeekFrom::Start(length - span))
            .map_err(ReadError::Io)?;
        let mut tail = Vec::new();
        file.take(span)
            .read_to_end(&mut tail)
            .map_err(ReadError::Io)?;
        let number = |at: usize, bytes: usize| -> u64 {
            tail[at..at + bytes]
                .iter()
                .rev()
                .fold(0, |value, byte| value << 8 | u64::from(*byte))
        };
        let mut found = (0..(tail.len() + 1).saturating_sub(END_SIZE))
            .filter(|&at| tail[at..].starts_with(END_MAGIC))
            .filter(|&at| {
                at + END_SIZE + usize::try_from(number(at + 20, 2)).unwrap_or(0) == tail.len()
            });
        let (Some(at), None) = (found.next(), found.next()) else {
            return Err(ZipProblem::End.into());
        };
        Ok(Self {
            entries: number(at + 10, 2),
            size: number(at + 12, 4),
            start: number(at + 16, 4),
        })
    }
}
