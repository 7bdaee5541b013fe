//! Tar archives, read block by block, as GNU tar and Perl's `Archive::Tar` read them.
//!
//! If those two would see different members, the archive is refused, or the difference becomes part
//! of the member. The `tar` crate's own iterator does not do this: it reads extended headers
//! without a limit, trusts a pax size that others ignore, and ignores everything after the end.

mod extension;
pub mod patch;

use std::io::Read;

use ::tar::{EntryType, Header};

use crate::{
    limits,
    member::{Member, MemberKind},
    read_error::{LimitPassed, ReadError},
};

use extension::Extensions;

/// Bytes in a block. Headers and contents consist of whole blocks.
pub const BLOCK: usize = 512;

/// A reader of the members of a tar archive.
pub struct TarReader<R> {
    stream: R,
    /// Position of the next byte in the stream.
    offset: u64,
    /// Unread content of the current member, and the padding of its last block.
    content: u64,
    padding: u64,
    headers: u64,
}

/// A member and the position of its header.
pub struct TarMember {
    pub member: Member,
    /// Start of its header, in bytes from the start of the unpacked stream.
    pub header_at: u64,
}

impl<R: Read> TarReader<R> {
    pub const fn new(stream: R) -> Self {
        Self {
            stream,
            offset: 0,
            content: 0,
            padding: 0,
            headers: 0,
        }
    }

    pub fn into_inner(self) -> R {
        self.stream
    }

    /// Returns the next member, or `None` at the end of the archive. Unread content of the previous
    /// member is skipped.
    ///
    /// # Errors
    /// [`ReadError`]. Nothing more can be read after it.
    pub fn next(&mut self) -> Result<Option<TarMember>, ReadError> {
        let mut extensions = Extensions::default();
        loop {
            self.skip_content()?;
            let header_at = self.offset;
            let Some(block) = self.block()? else {
                return extensions.require_unused().map(|()| None);
            };
            if self.offset - header_at < BLOCK as u64 {
                return Err(ReadError::Corrupt("it ends within a header".into()));
            }
            if block.iter().all(|byte| *byte == 0) {
                return extensions.require_unused().map(|()| None);
            }
            self.headers += 1;
            if self.headers > limits::MEMBERS {
                return Err(LimitPassed::MEMBERS.into());
            }
            let header = Header::from_byte_slice(&block);
            if !checksum_is_right(header) {
                return Err(ReadError::Corrupt(format!(
                    "no member header with a valid checksum at byte {header_at} of the tar archive"
                )));
            }
            let size = size(header)?;
            let kind = header.entry_type();
            if extension::is_extension(kind) {
                if size > limits::EXTENDED_HEADER {
                    return Err(LimitPassed {
                        what: "bytes of an extended header",
                        limit: limits::EXTENDED_HEADER,
                    }
                    .into());
                }
                self.expect_content(size);
                let data = self.read_content(limits::EXTENDED_HEADER)?;
                extensions.add(kind, &data)?;
                continue;
            }
            let member = extensions.apply(header, size)?;
            if member.path.len() > limits::PATH {
                return Err(LimitPassed {
                    what: "bytes of a member's path",
                    limit: limits::PATH as u64,
                }
                .into());
            }
            self.expect_content(content_size(&member, size)?);
            return Ok(Some(TarMember { member, header_at }));
        }
    }

    /// Returns the content of the current member, if it is within the limit.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub fn read_content(&mut self, limit: u64) -> Result<Vec<u8>, ReadError> {
        if self.content > limit {
            return Err(LimitPassed {
                what: "bytes of a member that is read",
                limit,
            }
            .into());
        }
        let mut content = Vec::new();
        let expected = self.content;
        (&mut self.stream)
            .take(expected)
            .read_to_end(&mut content)?;
        self.offset += content.len() as u64;
        self.content = 0;
        if content.len() as u64 != expected {
            return Err(ends_early());
        }
        Ok(content)
    }

    /// Reads from the end of the archive to the end of the stream and returns what is there.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub fn after_end(&mut self) -> Result<AfterEnd, ReadError> {
        let mut found = AfterEnd::Nothing;
        while let Some(block) = self.block()? {
            if block.iter().all(|byte| *byte == 0) {
                continue;
            }
            if checksum_is_right(Header::from_byte_slice(&block)) {
                found = AfterEnd::Members;
            } else if found == AfterEnd::Nothing {
                found = AfterEnd::Bytes;
            }
        }
        Ok(found)
    }

    fn expect_content(&mut self, size: u64) {
        self.content = size;
        self.padding = size.next_multiple_of(BLOCK as u64) - size;
    }

    fn skip_content(&mut self) -> Result<(), ReadError> {
        let mut buffer = [0; 16 * 1024];
        while self.content + self.padding > 0 {
            let left = usize::try_from(self.content + self.padding).unwrap_or(usize::MAX);
            let wanted = left.min(buffer.len());
            let count = self.stream.read(&mut buffer[..wanted])?;
            if count == 0 {
                return Err(ends_early());
            }
            self.offset += count as u64;
            let of_content = self.content.min(count as u64);
            self.content -= of_content;
            self.padding -= count as u64 - of_content;
        }
        Ok(())
    }

    /// Returns the next block, or `None` at the end of the stream. A partial block is filled with
    /// zeros.
    fn block(&mut self) -> Result<Option<[u8; BLOCK]>, ReadError> {
        let mut block = [0; BLOCK];
        let mut length = 0;
        while length < BLOCK {
            match self.stream.read(&mut block[length..])? {
                0 => break,
                count => length += count,
            }
        }
        self.offset += length as u64;
        Ok((length > 0).then_some(block))
    }
}

/// Content of the stream after the end of the archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterEnd {
    /// Zeros, or nothing.
    Nothing,
    /// Bytes that no reader interprets.
    Bytes,
    /// Members that `Archive::Tar` reads and GNU tar ignores.
    Members,
}

/// Returns how many bytes of content follow the header.
///
/// Hard links have none, though some programs state the size of the linked file. For folders and
/// symbolic links, GNU tar ignores the size and `Archive::Tar` does not. Hence the size must be
/// zero.
fn content_size(member: &Member, size: u64) -> Result<u64, ReadError> {
    match member.kind {
        MemberKind::File | MemberKind::Other(_) => Ok(size),
        MemberKind::HardLink(_) => Ok(0),
        MemberKind::Folder | MemberKind::Symlink(_) if size == 0 => Ok(0),
        MemberKind::Folder | MemberKind::Symlink(_) => Err(ReadError::Corrupt(format!(
            "a folder or link with {size} bytes of content, `{}`",
            member.shown()
        ))),
    }
}

fn size(header: &Header) -> Result<u64, ReadError> {
    let size = header
        .entry_size()
        .map_err(|error| ReadError::Corrupt(error.to_string()))?;
    if size > limits::MEMBER_SIZE {
        return Err(LimitPassed {
            what: "bytes of a member",
            limit: limits::MEMBER_SIZE,
        }
        .into());
    }
    Ok(size)
}

/// Returns whether the header has the right checksum. Some old programs sum signed bytes. GNU tar
/// and `Archive::Tar` accept both sums.
fn checksum_is_right(header: &Header) -> bool {
    let Ok(declared) = header.cksum() else {
        return false;
    };
    let bytes = header.as_bytes();
    let with_blanks = |of: fn(u8) -> i64| -> i64 {
        let all = bytes.iter().copied().map(of).sum::<i64>();
        all - bytes[148..156].iter().copied().map(of).sum::<i64>() + 8 * i64::from(b' ')
    };
    let declared = i64::from(declared);
    declared == with_blanks(i64::from)
        || declared == with_blanks(|byte| i64::from(byte.cast_signed()))
}

/// Returns the kind of the member that a header describes.
fn kind_of(header: &Header, path: &[u8], link: Vec<u8>) -> MemberKind {
    let other = |describe: &str| MemberKind::Other(describe.to_owned());
    match header.entry_type() {
        // The oldest format has no type for folders.
        EntryType::Regular if path.ends_with(b"/") => MemberKind::Folder,
        EntryType::Regular | EntryType::Continuous => MemberKind::File,
        EntryType::Directory => MemberKind::Folder,
        EntryType::Symlink => MemberKind::Symlink(link),
        EntryType::Link => MemberKind::HardLink(link),
        EntryType::Char | EntryType::Block => other("a device"),
        EntryType::Fifo => other("a pipe"),
        EntryType::GNUSparse => other("a sparse file"),
        kind => MemberKind::Other(format!(
            "a member of type `{}`",
            char::from(kind.as_byte()).escape_default()
        )),
    }
}

fn ends_early() -> ReadError {
    ReadError::Corrupt("it ends within a member".into())
}
