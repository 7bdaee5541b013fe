//! Headers of tar archives: a small, strict reader.
//!
//! Every byte of a header has one of the forms in section 2.6 of the standard. Readers take other forms
//! differently: some repair them, some ignore them.

use crate::form::HeaderProblem;

use super::{
    BLOCK,
    extension::is_extension,
    number::{is_device, is_id, octal},
};

/// Bytes of a header.
pub type Block = [u8; BLOCK];

/// Position of the field with the checksum.
const CHECKSUM: std::ops::Range<usize> = 148..156;

/// Name of git's global header. `Archive::Tar` skips every member with this name.
const GLOBAL_NAME: &[u8] = b"pax_global_header";

/// Magics that bsdtar looks for in what it has unpacked: of compressions, and of other archives.
const OTHER_FORMATS: &[&[u8]] = &[
    b"BZh",
    b"LRZI",
    b"LZIP",
    b"GRZip",
    b"MSCF",
    b"Rar!",
    b"WARC/",
    b"07070",
    b"#mtree",
    b"xar!",
    b"7z\xbc\xaf",
    b"\xfd7zXZ",
    b"(\xb5/\xfd",
];

/// The format of a header, by its magic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Posix,
    Gnu,
    Oldest,
}

/// The type of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderKind {
    File,
    HardLink,
    Symlink,
    Folder,
    /// The path of the next member, by GNU tar or `Archive::Tar`.
    LongName,
    /// The link target of the next member, by GNU tar.
    LongLink,
    /// Records about the next member.
    Pax,
    /// Records about all members.
    GlobalPax,
    Other(u8),
}

impl HeaderKind {
    const fn of(byte: u8) -> Self {
        match byte {
            0 | b'0' => Self::File,
            b'1' => Self::HardLink,
            b'2' => Self::Symlink,
            b'5' => Self::Folder,
            b'L' => Self::LongName,
            b'K' => Self::LongLink,
            b'x' => Self::Pax,
            b'g' => Self::GlobalPax,
            other => Self::Other(other),
        }
    }
}

/// A header in one of the accepted forms.
#[derive(Clone, Debug)]
pub struct Header {
    pub kind: HeaderKind,
    /// The path: the prefix, a slash and the name, or the name alone.
    pub path: Vec<u8>,
    pub link: Vec<u8>,
    pub mode: u32,
    pub size: u64,
}

/// Returns whether the header has the right checksum. `None` if the field has no number.
pub fn has_checksum(block: &Block) -> Option<bool> {
    let declared = octal(&block[CHECKSUM])?;
    Some(declared == u64::from(sum(block)))
}

/// Refuses a first header that starts like another format.
pub fn check_first(block: &Block) -> Result<(), HeaderProblem> {
    let is_other = OTHER_FORMATS.iter().any(|magic| block.starts_with(magic));
    require(!is_other, HeaderProblem::OtherFormat)
}

/// The sum of all bytes, with blanks for the checksum.
fn sum(block: &Block) -> u32 {
    let of = |bytes: &[u8]| bytes.iter().copied().map(u32::from).sum::<u32>();
    of(block) - of(&block[CHECKSUM]) + 8 * u32::from(b' ')
}

impl Header {
    /// Reads a header with the right checksum.
    pub fn parse(block: &Block) -> Result<Self, HeaderProblem> {
        // `Archive::Tar` compares the lower 16 bits.
        if sum(block) > u32::from(u16::MAX) {
            return Err(HeaderProblem::Sum);
        }
        let format = format(block)?;
        let kind = HeaderKind::of(block[156]);
        for (field, name) in [(&block[108..116], "uid"), (&block[116..124], "gid")] {
            require(is_id(field), HeaderProblem::Number(name))?;
        }
        let number =
            |at: std::ops::Range<usize>, name| octal(&block[at]).ok_or(HeaderProblem::Number(name));
        number(136..148, "mtime")?;
        let name = text(&block[..100], "name")?;
        let link = text(&block[157..257], "linkname")?;
        let is_link = matches!(kind, HeaderKind::HardLink | HeaderKind::Symlink);
        require(
            is_link || link.is_empty(),
            HeaderProblem::Unused("linkname"),
        )?;
        let prefix = defined_by(format, block)?;
        check_name(name, kind)?;
        check_format(format, kind)?;
        Ok(Self {
            kind,
            path: joined(prefix, name),
            link: link.to_vec(),
            // At most eight octal digits.
            mode: u32::try_from(number(100..108, "mode")?)
                .map_err(|_| HeaderProblem::Number("mode"))?,
            size: number(124..136, "size")?,
        })
    }
}

fn format(block: &Block) -> Result<Format, HeaderProblem> {
    match &block[257..265] {
        b"ustar\x0000" => Ok(Format::Posix),
        b"ustar  \0" => Ok(Format::Gnu),
        [0, 0, 0, 0, 0, 0, 0, 0] => Ok(Format::Oldest),
        _ => Err(HeaderProblem::Magic),
    }
}

/// Checks the fields that only some formats define, and returns the prefix of the path.
fn defined_by(format: Format, block: &Block) -> Result<&[u8], HeaderProblem> {
    let unused = |at: std::ops::Range<usize>, name| {
        let is_zero = block[at].iter().all(|byte| *byte == 0);
        require(is_zero, HeaderProblem::Unused(name))
    };
    for (field, name) in [
        (&block[329..337], "devmajor"),
        (&block[337..345], "devminor"),
    ] {
        require(is_device(field), HeaderProblem::Number(name))?;
    }
    if format == Format::Oldest {
        unused(265..329, "uname")?;
    }
    text(&block[265..297], "uname")?;
    text(&block[297..329], "gname")?;
    unused(500..BLOCK, "padding")?;
    if format != Format::Posix {
        unused(345..500, "prefix")?;
        return Ok(b"");
    }
    text(&block[345..500], "prefix")
}

/// Returns the text of a field: all bytes before the first zero, after which there are only zeros.
fn text<'a>(field: &'a [u8], name: &'static str) -> Result<&'a [u8], HeaderProblem> {
    let length = field.iter().position(|byte| *byte == 0);
    let (text, rest) = field.split_at(length.unwrap_or(field.len()));
    let is_padded = rest.iter().all(|byte| *byte == 0);
    require(is_padded, HeaderProblem::Text(name)).map(|()| text)
}

fn check_name(name: &[u8], kind: HeaderKind) -> Result<(), HeaderProblem> {
    // `Archive::Tar` stops reading there.
    require(!name.is_empty(), HeaderProblem::NoName)?;
    // `Archive::Tar` takes it for a folder, which has no content.
    let is_folder = matches!(name, [.., b'/'] | [.., b'/', b'\n']);
    let is_misleading = is_folder && is_extension(kind);
    require(!is_misleading, HeaderProblem::FolderName)?;
    let is_reserved = name == GLOBAL_NAME && kind != HeaderKind::GlobalPax;
    require(!is_reserved, HeaderProblem::ReservedName)
}

/// Extended headers belong to formats.
fn check_format(format: Format, kind: HeaderKind) -> Result<(), HeaderProblem> {
    let fits = match kind {
        HeaderKind::Pax | HeaderKind::GlobalPax => format == Format::Posix,
        HeaderKind::LongName | HeaderKind::LongLink => format != Format::Oldest,
        _ => true,
    };
    require(fits, HeaderProblem::Format)
}

fn joined(prefix: &[u8], name: &[u8]) -> Vec<u8> {
    if prefix.is_empty() {
        return name.to_vec();
    }
    [prefix, b"/", name].concat()
}

fn require(condition: bool, problem: HeaderProblem) -> Result<(), HeaderProblem> {
    condition.then_some(()).ok_or(problem)
}
