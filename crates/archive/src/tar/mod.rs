//! Tar archives, read block by block, in the forms of section 2.6 of the standard.
//!
//! GNU tar, bsdtar and Perl's `Archive::Tar` see the same members in every archive that this reader accepts.

mod end;
mod extension;
mod header;
mod number;
pub mod patch;
mod pax;

use std::io::Read;

use crate::{
    form::{ExtensionProblem, FormError, HeaderProblem},
    limits,
    member::{Member, MemberKind},
    read_error::{LimitPassed, ReadError},
};

pub use end::AfterEnd;
use extension::Extension;
use header::{Block, Header, HeaderKind};

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
    members: u64,
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
            members: 0,
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
        let mut extension = Extension::default();
        loop {
            self.skip_content()?;
            let at = self.offset;
            let block = self.block()?.ok_or_else(no_end)?;
            if is_zero(&block) {
                extension.require_unused().map_err(in_extension(at))?;
                return Ok(None);
            }
            let header = self.header(&block, at)?;
            if !extension::is_extension(header.kind) {
                return self.member(extension, header, at).map(Some);
            }
            if header.kind == HeaderKind::GlobalPax && self.members > 0 {
                return Err(in_extension(at)(ExtensionProblem::LateGlobal));
            }
            let data = self.extended(header.size, at)?;
            extension
                .add(header.kind, &data)
                .map_err(in_extension(at))?;
        }
    }

    fn header(&mut self, block: &Block, at: u64) -> Result<Header, ReadError> {
        self.headers += 1;
        if self.headers > limits::MEMBERS {
            return Err(LimitPassed::MEMBERS.into());
        }
        let problem = match header::has_checksum(block) {
            Some(true) => match self.parse(block) {
                Ok(header) => return Ok(header),
                Err(problem) => problem,
            },
            Some(false) => {
                return Err(ReadError::Corrupt(format!(
                    "no member header with a valid checksum at byte {at} of the tar archive"
                )));
            }
            None => HeaderProblem::Number("chksum"),
        };
        Err(FormError::Header { at, problem }.into())
    }

    fn parse(&self, block: &Block) -> Result<Header, HeaderProblem> {
        if self.headers == 1 {
            header::check_first(block)?;
        }
        Header::parse(block)
    }

    fn member(
        &mut self,
        extension: Extension,
        header: Header,
        header_at: u64,
    ) -> Result<TarMember, ReadError> {
        self.members += 1;
        let member = extension.apply(header).map_err(in_extension(header_at))?;
        let too_large = |what, limit| Err(LimitPassed { what, limit }.into());
        if member.size > limits::MEMBER_SIZE {
            return too_large("bytes of a member", limits::MEMBER_SIZE);
        }
        if member.path.len() > limits::PATH {
            return too_large("bytes of a member's path", limits::PATH as u64);
        }
        let has_content = matches!(member.kind, MemberKind::File | MemberKind::Other(_));
        // Readers disagree whether content follows.
        if !has_content && member.size > 0 {
            let problem = HeaderProblem::Unused("size");
            return Err(FormError::Header {
                at: header_at,
                problem,
            }
            .into());
        }
        self.expect_content(member.size);
        Ok(TarMember { member, header_at })
    }

    /// Returns the data of an extended header.
    fn extended(&mut self, size: u64, at: u64) -> Result<Vec<u8>, ReadError> {
        if size > limits::EXTENDED_HEADER {
            return Err(LimitPassed {
                what: "bytes of an extended header",
                limit: limits::EXTENDED_HEADER,
            }
            .into());
        }
        self.expect_content(size.next_multiple_of(BLOCK as u64));
        let mut data = self.read_content(limits::EXTENDED_HEADER)?;
        let padding = data.split_off(usize::try_from(size).unwrap_or(usize::MAX));
        if padding.iter().any(|byte| *byte != 0) {
            return Err(in_extension(at)(ExtensionProblem::Padding));
        }
        Ok(data)
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
            found = found.max(AfterEnd::of(&block));
        }
        Ok(found)
    }

    const fn expect_content(&mut self, size: u64) {
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

    /// Returns the next block, or `None` at the end of the stream.
    fn block(&mut self) -> Result<Option<Block>, ReadError> {
        let mut block = [0; BLOCK];
        let mut length = 0;
        while length < BLOCK {
            match self.stream.read(&mut block[length..])? {
                0 if length == 0 => return Ok(None),
                0 => return Err(ReadError::Corrupt("it ends within a block".into())),
                count => length += count,
            }
        }
        self.offset += length as u64;
        Ok(Some(block))
    }
}

/// Returns the kind of a member.
fn kind_of(kind: HeaderKind, sparse: bool, path: &[u8], link: Vec<u8>) -> MemberKind {
    let other = |describe: &str| MemberKind::Other(describe.to_owned());
    match kind {
        _ if sparse => other("a sparse file"),
        // The oldest format has no type for folders.
        HeaderKind::File if path.ends_with(b"/") => MemberKind::Folder,
        HeaderKind::File => MemberKind::File,
        HeaderKind::Folder => MemberKind::Folder,
        HeaderKind::Symlink => MemberKind::Symlink(link),
        HeaderKind::HardLink => MemberKind::HardLink(link),
        HeaderKind::Other(b'3' | b'4') => other("a device"),
        HeaderKind::Other(b'6') => other("a pipe"),
        HeaderKind::Other(b'S') => other("a sparse file"),
        HeaderKind::Other(byte) => MemberKind::Other(format!(
            "a member of type `{}`",
            char::from(byte).escape_default()
        )),
        HeaderKind::LongName | HeaderKind::LongLink | HeaderKind::Pax | HeaderKind::GlobalPax => {
            other("an extended header")
        }
    }
}

fn is_zero(block: &Block) -> bool {
    block.iter().all(|byte| *byte == 0)
}

fn in_extension(at: u64) -> impl Fn(ExtensionProblem) -> ReadError {
    move |problem| FormError::Extension { at, problem }.into()
}

fn ends_early() -> ReadError {
    ReadError::Corrupt("it ends within a member".into())
}

fn no_end() -> ReadError {
    ReadError::Corrupt("it ends without a block of zeros".into())
}
