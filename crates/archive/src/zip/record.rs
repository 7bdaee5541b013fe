//! Headers of zip members: one in the directory, and one beside the content.

use crate::{
    form::ZipProblem,
    limits,
    member::{Member, MemberKind},
};

use super::directory::Entry;

/// Bytes of the fixed part of a header beside the content, and of one in the directory.
pub const LOCAL_SIZE: usize = 30;
const CENTRAL_SIZE: usize = 46;

/// Bytes of a descriptor: magic, checksum and two sizes.
pub const DESCRIPTOR_SIZE: usize = 16;

const LOCAL_MAGIC: &[u8] = b"PK\x03\x04";
const CENTRAL_MAGIC: &[u8] = b"PK\x01\x02";
const DESCRIPTOR_MAGIC: &[u8] = b"PK\x07\x08";

/// Flags that change nothing about a member: the level of compression, a descriptor, and UTF-8.
const FLAGS: u32 = 1 << 1 | 1 << 2 | DESCRIPTOR | 1 << 11;
const DESCRIPTOR: u32 = 1 << 3;

/// Versions that members without extensions need.
const VERSIONS: &[u32] = &[10, 20];

/// Extra fields with times, users and groups: Info-ZIP's and those of NTFS, and the mark of a JAR.
const EXTRA: &[u32] = &[0x5455, 0x7875, 0x5855, 0x7855, 0x000a, 0xcafe];

/// Systems on which members were made.
const FAT: u32 = 0;
const UNIX: u32 = 3;

/// Attribute of a folder on FAT.
const FAT_FOLDER: u32 = 0x10;

/// Attributes of FAT: read-only, folder, changed. Unzip skips a volume label.
const FAT_ATTRIBUTES: u32 = 0x31;

/// Bits of the internal attributes: a text. Unzip takes others for a form of the content.
const INTERNAL: usize = 1;

/// Attributes of a symbolic link. `Archive::Zip` compares all of them.
const SYMLINK: u32 = 0o120_777 << 16;

/// The compression of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Stored,
    Deflated,
}

/// The fields that both headers of a member have.
#[derive(Clone, Debug)]
pub struct Header {
    version: u32,
    flags: u32,
    pub method: Method,
    /// Time and date.
    modified: u32,
    pub crc: u32,
    pub packed: u32,
    pub size: u32,
}

/// Lengths of the variable parts of a header.
pub struct Lengths {
    pub name: usize,
    pub extra: usize,
}

/// Returns a little-endian number of up to four bytes.
pub fn number(bytes: &[u8], at: usize, count: usize) -> u32 {
    let bytes = bytes.get(at..at + count).unwrap_or_default();
    bytes
        .iter()
        .rev()
        .fold(0, |value, byte| value << 8 | u32::from(*byte))
}

/// Returns the lengths in a header beside the content.
pub fn local_lengths(fixed: &[u8]) -> Option<Lengths> {
    fixed.starts_with(LOCAL_MAGIC).then(|| Lengths {
        name: number(fixed, 26, 2) as usize,
        extra: number(fixed, 28, 2) as usize,
    })
}

impl Header {
    /// Reads the common fields, which start at `at`.
    fn parse(fixed: &[u8], at: usize) -> Result<Self, ZipProblem> {
        let method = match number(fixed, at + 4, 2) {
            0 => Method::Stored,
            8 => Method::Deflated,
            _ => return Err(ZipProblem::Unsupported("compression")),
        };
        let header = Self {
            version: number(fixed, at, 2),
            flags: number(fixed, at + 2, 2),
            method,
            modified: number(fixed, at + 6, 4),
            crc: number(fixed, at + 10, 4),
            packed: number(fixed, at + 14, 4),
            size: number(fixed, at + 18, 4),
        };
        require(
            VERSIONS.contains(&header.version),
            ZipProblem::Unsupported("version"),
        )?;
        require(header.flags & !FLAGS == 0, ZipProblem::Unsupported("flag"))?;
        require(is_time(header.modified), ZipProblem::Malformed("time"))?;
        let has_equal_sizes = header.method != Method::Stored || header.packed == header.size;
        require(has_equal_sizes, ZipProblem::Contradiction("sizes")).map(|()| header)
    }

    pub const fn has_descriptor(&self) -> bool {
        self.flags & DESCRIPTOR != 0
    }

    /// Compares the header beside the content. Before a descriptor, its checksum and sizes may be zero.
    pub fn check_local(&self, fixed: &[u8]) -> Result<(), ZipProblem> {
        let local = [4, 6, 8].map(|at| number(fixed, at, 2));
        let method = match self.method {
            Method::Stored => 0,
            Method::Deflated => 8,
        };
        let is_same = local == [self.version, self.flags, method];
        require(is_same, ZipProblem::Contradiction("kinds of compression"))?;
        let is_same = number(fixed, 10, 4) == self.modified;
        require(is_same, ZipProblem::Contradiction("times"))?;
        let sizes = [14, 18, 22].map(|at| number(fixed, at, 4));
        let is_same =
            sizes == [self.crc, self.packed, self.size] || self.has_descriptor() && sizes == [0; 3];
        require(is_same, ZipProblem::Contradiction("sizes"))
    }
}

/// Returns whether a descriptor repeats a header.
pub fn descriptor_matches(bytes: &[u8], header: &Header) -> bool {
    let stated = [4, 8, 12].map(|at| number(bytes, at, 4));
    bytes.starts_with(DESCRIPTOR_MAGIC) && stated == [header.crc, header.packed, header.size]
}

/// Reads the first entry of a directory, and returns it with the rest.
pub fn entry(bytes: &[u8]) -> Result<(Entry, &[u8]), ZipProblem> {
    let malformed = || ZipProblem::Malformed("header");
    let (fixed, rest) = bytes.split_at_checked(CENTRAL_SIZE).ok_or_else(malformed)?;
    require(fixed.starts_with(CENTRAL_MAGIC), malformed())?;
    let [name, extra, comment, disk, internal] =
        [28, 30, 32, 34, 36].map(|at| number(fixed, at, 2) as usize);
    require(disk == 0 && internal & !INTERNAL == 0, malformed())?;
    let (name, rest) = rest.split_at_checked(name).ok_or_else(malformed)?;
    let (extra, rest) = rest.split_at_checked(extra).ok_or_else(malformed)?;
    let (_, rest) = rest.split_at_checked(comment).ok_or_else(malformed)?;
    check_extra(extra)?;
    let header = Header::parse(fixed, 6)?;
    let member = member(name, number(fixed, 5, 1), number(fixed, 38, 4), &header)?;
    let offset = u64::from(number(fixed, 42, 4));
    Ok((
        Entry {
            member,
            header,
            offset,
        },
        rest,
    ))
}

/// Checks that extra fields are whole, and say nothing about names, links or contents.
pub fn check_extra(mut extra: &[u8]) -> Result<(), ZipProblem> {
    while !extra.is_empty() {
        let (head, rest) = extra
            .split_at_checked(4)
            .ok_or(ZipProblem::Malformed("extra field"))?;
        let is_known = EXTRA.contains(&number(head, 0, 2));
        require(is_known, ZipProblem::Unsupported("extra field"))?;
        extra = rest
            .get(number(head, 2, 2) as usize..)
            .ok_or(ZipProblem::Malformed("extra field"))?;
    }
    Ok(())
}

/// Returns the member of a header: its name and its attributes on the system on which it was made.
fn member(
    name: &[u8],
    system: u32,
    attributes: u32,
    header: &Header,
) -> Result<Member, ZipProblem> {
    // Unzip removes a number after a semicolon, and translates backslashes and other characters.
    let is_plain = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'\\' | b';');
    let is_name = !name.is_empty() && name.len() <= limits::PATH && name.iter().all(is_plain);
    require(is_name, ZipProblem::Malformed("name"))?;
    let is_folder = name.ends_with(b"/");
    let has_known = attributes & 0xffff & !FAT_ATTRIBUTES == 0;
    require(has_known, ZipProblem::Unsupported("attribute"))?;
    let mode = match system {
        FAT if attributes >> 16 == 0 => {
            let states_folder = attributes & FAT_FOLDER != 0;
            require(states_folder == is_folder, ZipProblem::Malformed("type"))?;
            if is_folder { 0o755 } else { 0o644 }
        }
        UNIX if attributes >> 16 != 0 => attributes >> 16,
        _ => return Err(ZipProblem::Unsupported("system")),
    };
    let kind = match mode & 0o170_000 {
        0o120_000 if !is_folder && attributes == SYMLINK => MemberKind::Symlink(Vec::new()),
        0 | 0o040_000 if is_folder => MemberKind::Folder,
        0 | 0o100_000 if !is_folder => MemberKind::File,
        _ => return Err(ZipProblem::Malformed("type")),
    };
    let has_content = header.size > 0 || header.method != Method::Stored;
    let is_empty = kind != MemberKind::Folder || !has_content;
    require(is_empty, ZipProblem::Malformed("folder"))?;
    Ok(Member {
        path: name.to_vec(),
        kind,
        mode,
        size: u64::from(header.size),
        conflict: None,
    })
}

/// Returns whether it is a time after 1979, in DOS's form.
fn is_time(modified: u32) -> bool {
    let field = |from: u32, bits: u32| modified >> from & ((1 << bits) - 1);
    let (seconds, minutes, hours) = (field(0, 5), field(5, 6), field(11, 5));
    let (day, month) = (field(16, 5), field(21, 4));
    seconds < 30
        && minutes < 60
        && hours < 24
        && (1..=31).contains(&day)
        && (1..=12).contains(&month)
}

fn require(condition: bool, problem: ZipProblem) -> Result<(), ZipProblem> {
    condition.then_some(()).ok_or(problem)
}
