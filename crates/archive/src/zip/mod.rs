//! Zip archives, in the forms of section 2.6 of the standard.
//!
//! Some programs read the central directory, others read from the start. Here both state the same: the records follow
//! each other without a gap, in the same order, and repeat each other exactly.

mod directory;
mod record;

use std::io::{BufReader, Read, Seek, SeekFrom};

use flate2::{Crc, bufread::DeflateDecoder};

use crate::{
    form::ZipProblem,
    limits,
    member::{Member, MemberKind},
    read_error::{LimitPassed, ReadError},
};

use directory::{Directory, Entry};
use record::{DESCRIPTOR_SIZE, LOCAL_SIZE, Method, descriptor_matches};

/// A reader of the members of a zip archive.
pub struct ZipReader<'a, R: Read + Seek> {
    file: BufReader<&'a mut R>,
    directory: Directory,
    next: usize,
    /// Position of the next record.
    at: u64,
    unpacked: u64,
}

impl<'a, R: Read + Seek> ZipReader<'a, R> {
    /// Reads the central directory.
    ///
    /// # Errors
    /// [`ReadError`] if the directory has another form, or if a limit is exceeded.
    pub fn new(file: &'a mut R) -> Result<Self, ReadError> {
        let directory = Directory::read(file)?;
        file.seek(SeekFrom::Start(0)).map_err(ReadError::Io)?;
        Ok(Self {
            file: BufReader::new(file),
            directory,
            next: 0,
            at: 0,
            unpacked: 0,
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
        let Some(entry) = self.directory.entries.get(self.next).cloned() else {
            let is_whole = self.at == self.directory.start;
            return is_whole
                .then_some(None)
                .ok_or_else(|| ZipProblem::Directory.into());
        };
        self.next += 1;
        self.local(&entry)?;
        let mut member = entry.member;
        let limit = match member.kind {
            MemberKind::Symlink(_) => Some(limits::PATH as u64),
            _ => wanted(&member),
        };
        let content = self.content(&entry.header, limit)?;
        if entry.header.has_descriptor() {
            self.descriptor(&entry.header)?;
        }
        if let MemberKind::Symlink(target) = &mut member.kind {
            target.clone_from(&content);
        }
        Ok(Some((member, content)))
    }

    /// Reads the header beside the content, which repeats the one in the directory.
    fn local(&mut self, entry: &Entry) -> Result<(), ReadError> {
        if entry.offset != self.at {
            return Err(ZipProblem::Directory.into());
        }
        let fixed = self.bytes(LOCAL_SIZE)?;
        let lengths = record::local_lengths(&fixed).ok_or(ZipProblem::Malformed("header"))?;
        let variable = self.bytes(lengths.name + lengths.extra)?;
        let (name, extra) = variable.split_at(lengths.name);
        if name != entry.member.path {
            return Err(ZipProblem::Contradiction("names").into());
        }
        record::check_extra(extra)?;
        Ok(entry.header.check_local(&fixed)?)
    }

    /// Reads the content to its end, and compares its length and checksum.
    fn content(
        &mut self,
        header: &record::Header,
        keep: Option<u64>,
    ) -> Result<Vec<u8>, ReadError> {
        let packed = u64::from(header.packed);
        let allowed = self.allowed();
        let mut raw = (&mut self.file).take(packed);
        let read = match header.method {
            Method::Stored => copy(&mut raw, keep, allowed)?,
            Method::Deflated => {
                let mut decoder = DeflateDecoder::new(&mut raw);
                let read = copy(&mut decoder, keep, allowed)?;
                if decoder.total_in() != packed {
                    return Err(ZipProblem::Contradiction("sizes").into());
                }
                read
            }
        };
        self.at += packed;
        self.unpacked += read.length;
        let is_right = read.length == u64::from(header.size) && read.crc == header.crc;
        is_right.then_some(read.content).ok_or_else(|| {
            ReadError::Corrupt("a zip member with another length or checksum".into())
        })
    }

    /// Unpacked bytes that the next member may have.
    fn allowed(&self) -> u64 {
        let by_ratio = self.directory.file_size.saturating_mul(limits::RATIO);
        limits::UNPACKED
            .min(limits::RATIO_FLOOR.max(by_ratio))
            .saturating_sub(self.unpacked)
            .min(limits::MEMBER_SIZE)
    }

    fn descriptor(&mut self, header: &record::Header) -> Result<(), ReadError> {
        let bytes = self.bytes(DESCRIPTOR_SIZE)?;
        let is_right = descriptor_matches(&bytes, header);
        is_right
            .then_some(())
            .ok_or_else(|| ZipProblem::Contradiction("sizes").into())
    }

    fn bytes(&mut self, count: usize) -> Result<Vec<u8>, ReadError> {
        let mut bytes = vec![0; count];
        self.file.read_exact(&mut bytes)?;
        self.at += count as u64;
        Ok(bytes)
    }
}

/// A content that was read to its end.
struct Content {
    content: Vec<u8>,
    length: u64,
    crc: u32,
}

/// Reads a member to its end, and keeps the wanted content.
fn copy(file: &mut impl Read, keep: Option<u64>, allowed: u64) -> Result<Content, ReadError> {
    let limit = |what, limit| ReadError::from(LimitPassed { what, limit });
    let mut content = Vec::new();
    let mut crc = Crc::new();
    let mut length = 0;
    let mut buffer = [0; 16 * 1024];
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok(Content {
                content,
                length,
                crc: crc.sum(),
            });
        }
        let part = &buffer[..count];
        crc.update(part);
        length += count as u64;
        if length > allowed {
            return Err(limit("unpacked bytes", allowed));
        }
        if let Some(most) = keep {
            if length > most {
                return Err(limit("bytes of a member that is read", most));
            }
            content.extend_from_slice(part);
        }
    }
}
