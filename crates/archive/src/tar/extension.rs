//! Extended headers, which precede a member's header.

use crate::{
    form::ExtensionProblem,
    limits,
    member::{Conflict, Member},
};

use super::{
    BLOCK,
    header::{Header, HeaderKind, has_checksum},
    kind_of,
    pax::{PaxRecords, check_global},
};

/// Bytes of a name that fit into a header, and of a prefix.
const NAME: usize = 100;
const PREFIX: usize = 155;

/// The extended header of the next member. No program writes two for one member, and readers take them differently.
#[derive(Default)]
pub enum Extension {
    #[default]
    None,
    LongName(Vec<u8>),
    Pax(PaxRecords),
}

/// Returns whether a header describes the members after it.
pub const fn is_extension(kind: HeaderKind) -> bool {
    matches!(
        kind,
        HeaderKind::LongName | HeaderKind::LongLink | HeaderKind::Pax | HeaderKind::GlobalPax
    )
}

impl Extension {
    /// Adds an extended header.
    pub fn add(&mut self, kind: HeaderKind, data: &[u8]) -> Result<(), ExtensionProblem> {
        if hides_header(data) {
            return Err(ExtensionProblem::HiddenHeader);
        }
        let extension = match kind {
            HeaderKind::GlobalPax => return check_global(data),
            // `Archive::Tar` takes it for a file.
            HeaderKind::LongLink => return Err(ExtensionProblem::LongLink),
            HeaderKind::LongName => Self::LongName(long_name(data)?),
            _ => Self::Pax(PaxRecords::parse(data)?),
        };
        if !matches!(self, Self::None) {
            return Err(ExtensionProblem::Second);
        }
        *self = extension;
        Ok(())
    }

    /// Returns the member that the extended header and its own header describe.
    pub fn apply(self, header: Header) -> Result<Member, ExtensionProblem> {
        let mut conflict = None;
        let mut path = header.path;
        let mut sparse = false;
        match self {
            Self::None => {}
            Self::LongName(long) => {
                if !is_short_form(&path, &long) {
                    conflict = Conflict::of("path", &long, &path);
                }
                path = long;
            }
            Self::Pax(records) => {
                if records.size.is_some_and(|size| size != header.size) {
                    return Err(ExtensionProblem::Size);
                }
                // `Archive::Tar` ignores these records.
                let link = records.link.as_ref();
                conflict = link.and_then(|link| Conflict::of("link target", link, &header.link));
                if let Some(extended) = records.path {
                    conflict = conflict.or_else(|| Conflict::of("path", &extended, &path));
                    path = extended;
                }
                sparse = records.sparse;
            }
        }
        Ok(Member {
            kind: kind_of(header.kind, sparse, &path, header.link),
            path,
            mode: header.mode,
            size: header.size,
            conflict,
        })
    }

    /// Refuses an extended header that no member follows.
    pub const fn require_unused(&self) -> Result<(), ExtensionProblem> {
        match self {
            Self::None => Ok(()),
            _ => Err(ExtensionProblem::Unused),
        }
    }
}

/// Returns the path in the data of a long name: all of it but one zero at its end, which `Archive::Tar` leaves out.
fn long_name(data: &[u8]) -> Result<Vec<u8>, ExtensionProblem> {
    let path = data.strip_suffix(b"\0").unwrap_or(data);
    if path.is_empty() || path.len() > limits::PATH || path.contains(&0) {
        return Err(ExtensionProblem::Value("path"));
    }
    Ok(path.to_vec())
}

/// Returns whether a header has a long path as GNU tar cuts it, or as `Archive::Tar` does.
fn is_short_form(short: &[u8], long: &[u8]) -> bool {
    let cut = |path: &[u8]| path[..path.len().min(NAME)].to_vec();
    // The older format of GNU tar ends the name with a zero.
    if short == cut(long) || short == &long[..long.len().min(NAME - 1)] {
        return true;
    }
    let Some(slash) = long.iter().rposition(|byte| *byte == b'/') else {
        return false;
    };
    let (folder, name) = (&long[..slash], cut(&long[slash + 1..]));
    let prefix = &folder[folder.len().saturating_sub(PREFIX)..];
    short == [prefix, b"/", &name].concat()
}

/// Returns whether the data has a block that some reader could take for a header.
fn hides_header(data: &[u8]) -> bool {
    let (blocks, _) = data.as_chunks::<BLOCK>();
    blocks.iter().any(|block| has_checksum(block) == Some(true))
}
