//! The central directory of a zip archive, and the record at its end.

use std::io::{Read, Seek, SeekFrom};

use crate::{
    form::ZipProblem,
    limits,
    member::Member,
    read_error::{LimitPassed, ReadError},
};

use super::record::{self, Header, number};

/// End of every zip archive: a fixed part, and a comment of at most 65535 bytes.
const END_MAGIC: &[u8] = b"PK\x05\x06";
const END_SIZE: usize = 22;

/// Largest central directory, in bytes. It is the only part held in memory.
const SIZE: u64 = 16 << 20;

/// Largest file, in bytes.
const PACKED: u64 = 256 << 20;

/// The central directory.
pub struct Directory {
    pub entries: Vec<Entry>,
    pub start: u64,
    pub file_size: u64,
}

/// Magic of an image of a disk (ISO 9660), and its place. bsdtar prefers it.
const IMAGE_MAGIC: &[u8] = b"CD001";
const IMAGE_MAGIC_AT: u64 = 16 * 2048 + 1;

/// A member in the directory.
#[derive(Clone)]
pub struct Entry {
    pub member: Member,
    pub header: Header,
    pub offset: u64,
}

impl Directory {
    /// Reads the directory at the end of a file.
    pub fn read<R: Read + Seek>(file: &mut R) -> Result<Self, ReadError> {
        let file_size = file.seek(SeekFrom::End(0)).map_err(ReadError::Io)?;
        let end = EndRecord::read(file, file_size)?;
        if end.entries > limits::MEMBERS {
            return Err(LimitPassed::MEMBERS.into());
        }
        if file_size > PACKED || end.size > SIZE {
            return Err(LimitPassed {
                what: "bytes of a zip archive",
                limit: PACKED,
            }
            .into());
        }
        if read_at(file, IMAGE_MAGIC_AT, IMAGE_MAGIC.len() as u64)? == IMAGE_MAGIC {
            return Err(ZipProblem::OtherFormat.into());
        }
        let bytes = read_at(file, end.start, end.size)?;
        let mut rest = &bytes[..];
        let mut entries = Vec::new();
        for _ in 0..end.entries {
            let (entry, after) = record::entry(rest)?;
            entries.push(entry);
            rest = after;
        }
        if !rest.is_empty() {
            return Err(ZipProblem::Directory.into());
        }
        Ok(Self {
            entries,
            start: end.start,
            file_size,
        })
    }
}

/// The end record, which locates the central directory.
struct EndRecord {
    entries: u64,
    size: u64,
    start: u64,
}

impl EndRecord {
    /// Reads the only record with its magic, whose comment ends exactly at the end of the file.
    fn read<R: Read + Seek>(file: &mut R, length: u64) -> Result<Self, ReadError> {
        let span = length.min((END_SIZE + usize::from(u16::MAX)) as u64);
        let tail = read_at(file, length - span, span)?;
        let at = tail
            .windows(END_MAGIC.len())
            .rposition(|window| window == END_MAGIC)
            .filter(|at| at + END_SIZE <= tail.len())
            .ok_or(ZipProblem::End)?;
        let record = &tail[at..];
        let two = |at| u64::from(number(record, at, 2));
        let (disk, first_disk, here, entries) = (two(4), two(6), two(8), two(10));
        let (size, start) = (
            u64::from(number(record, 12, 4)),
            u64::from(number(record, 16, 4)),
        );
        let comment = &record[END_SIZE..];
        let has_magic = comment.windows(2).any(|pair| pair == b"PK");
        let is_last = two(20) == comment.len() as u64 && !has_magic;
        if !is_last || disk != 0 || first_disk != 0 || here != entries {
            return Err(ZipProblem::End.into());
        }
        // The directory ends where this record starts.
        let record_at = length - record.len() as u64;
        if start + size != record_at {
            return Err(ZipProblem::Directory.into());
        }
        Ok(Self {
            entries,
            size,
            start,
        })
    }
}

/// Returns the bytes at a place of a file, or fewer at its end.
fn read_at<R: Read + Seek>(file: &mut R, at: u64, count: u64) -> Result<Vec<u8>, ReadError> {
    file.seek(SeekFrom::Start(at)).map_err(ReadError::Io)?;
    let mut bytes = Vec::new();
    file.take(count)
        .read_to_end(&mut bytes)
        .map_err(ReadError::Io)?;
    Ok(bytes)
}
