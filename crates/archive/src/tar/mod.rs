//! Tar archives, block by block, as GNU tar and Perl's `Archive::Tar` read them.
//!
//! Where those two would see different members, the archive is refused or the difference becomes part
//! of the member. The `tar` crate's own walk is not used: it reads extended headers without a limit,
//! goes by a pax size that others ignore, and says nothing of what follows the end.

mod extension;
pub mod patch;

use std::io::Read;

use ::tar::{EntryType, Header};

use crate::{
    limits,
    member::{Kind, Member},
    read_error::{LimitPassed, ReadError},
};

use extension::Extensions;

/// Bytes of a block; headers and contents are made of whole ones.
pub const BLOCK: usize = 512;

/// A walk through a tar archive.
pub struct TarReader<R> {
    stream: R,
    /// Where in the stream the next byte is.
    offset: u64,
    /// Content of the present member that was not read yet, and what fills its last block.
    content: u64,
    padding: u64,
    headers: u64,
}

/// A member, and where its header is.
pub struct TarMember {
    /// The member.
    pub member: Member,
    /// Where its header begins, in bytes from the start of the unpacked stream.
    pub header_at: u64,
}

impl<R: Read> TarReader<R> {
    /// Begins at the present position.
    pub const fn new(stream: R) -> Self {
        Self {
            stream,
            offset: 0,
            content: 0,
            padding: 0,
            headers: 0,
        }
    }

    /// The stream below.
    pub fn into_inner(self) -> R {
        self.stream
    }

    /// The next member; `None` at the end of the archive. What was not read of the one before is passed
    /// over.
    ///
    /// # Errors
    /// Whatever [`ReadError`] says; nothing more can be read then.
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
                    "no header of a member with a right checksum at byte {header_at} of the tar archive"
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
            self.expect_content(content_of(&member, size)?);
            return Ok(Some(TarMember { member, header_at }));
        }
    }

    /// The content of the present member, where it is no longer than the limit.
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

    /// Reads on after the end of the archive to the end of the stream, and says what is there.
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

    /// The next block, filled up with zeros where the stream ends within it; `None` at its end.
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

/// What follows the end of the archive within the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterEnd {
    /// Zeros, or nothing at all.
    Nothing,
    /// Bytes that no reader takes for anything.
    Bytes,
    /// Members that `Archive::Tar` sees and GNU tar does not.
    Members,
}

/// How many bytes of content follow the header.
///
/// Hard links have none, though some programs state the size of the file they lead to. Of folders and
/// symbolic links GNU tar passes over what is stated, and `Archive::Tar` does not: nothing may be stated.
fn content_of(member: &Member, size: u64) -> Result<u64, ReadError> {
    match member.kind {
        Kind::File | Kind::Other(_) => Ok(size),
        Kind::HardLink(_) => Ok(0),
        Kind::Folder | Kind::Symlink(_) if size == 0 => Ok(0),
        Kind::Folder | Kind::Symlink(_) => Err(ReadError::Corrupt(format!(
            "a folder or link that states {size} bytes of content, `{}`",
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

/// Whether the header has the sum of its bytes in it. Some old programs took the bytes as signed; GNU tar
/// and `Archive::Tar` take either.
fn checksum_is_right(header: &Header) -> bool {
    let Ok(stated) = header.cksum() else {
        return false;
    };
    let bytes = header.as_bytes();
    let with_blanks = |of: fn(u8) -> i64| -> i64 {
        let all = bytes.iter().copied().map(of).sum::<i64>();
        all - bytes[148..156].iter().copied().map(of).sum::<i64>() + 8 * i64::from(b' ')
    };
    let stated = i64::from(stated);
    stated == with_blanks(i64::from) || stated == with_blanks(|byte| i64::from(byte.cast_signed()))
}

/// What a header says a member is.
fn kind_of(header: &Header, path: &[u8], link: Vec<u8>) -> Kind {
    let other = |words: &str| Kind::Other(words.to_owned());
    match header.entry_type() {
        // The oldest format has no type for folders.
        EntryType::Regular if path.ends_with(b"/") => Kind::Folder,
        EntryType::Regular | EntryType::Continuous => Kind::File,
        EntryType::Directory => Kind::Folder,
        EntryType::Symlink => Kind::Symlink(link),
        EntryType::Link => Kind::HardLink(link),
        EntryType::Char | EntryType::Block => other("a device"),
        EntryType::Fifo => other("a pipe"),
        EntryType::GNUSparse => other("a sparse file"),
        kind => Kind::Other(format!(
            "a member of the type `{}`",
            char::from(kind.as_byte()).escape_default()
        )),
    }
}

fn ends_early() -> ReadError {
    ReadError::Corrupt("it ends within a member".into())
}
