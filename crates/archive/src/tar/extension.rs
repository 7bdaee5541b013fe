//! Extended headers of pax and GNU tar, which precede a member's header: paths that do not fit into
//! it.

use ::tar::{EntryType, Header, PaxExtensions};

use crate::{
    limits,
    member::{Member, MemberKind},
    read_error::ReadError,
};

use super::kind_of;

/// Longest path that fits into every tar header, in bytes.
const SHORT: usize = 100;

/// The extended headers of the next member.
#[derive(Default)]
pub struct Extensions {
    gnu_path: Option<Vec<u8>>,
    gnu_link: Option<Vec<u8>>,
    pax_path: Option<Vec<u8>>,
    pax_link: Option<Vec<u8>>,
    pax_size: Option<u64>,
    sparse: bool,
    any: bool,
}

/// Returns whether a header describes the members after it.
pub const fn is_extension(kind: EntryType) -> bool {
    matches!(
        kind,
        EntryType::GNULongName
            | EntryType::GNULongLink
            | EntryType::XHeader
            | EntryType::XGlobalHeader
    )
}

impl Extensions {
    /// Adds an extended header.
    pub fn add(&mut self, kind: EntryType, data: &[u8]) -> Result<(), ReadError> {
        match kind {
            EntryType::GNULongName => {
                self.any = true;
                set(&mut self.gnu_path, until_zero(data))
            }
            EntryType::GNULongLink => {
                self.any = true;
                set(&mut self.gnu_link, until_zero(data))
            }
            EntryType::XGlobalHeader => global(data),
            _ => {
                self.any = true;
                self.pax(data)
            }
        }
    }

    fn pax(&mut self, data: &[u8]) -> Result<(), ReadError> {
        for (key, value) in records(data)? {
            match key {
                b"path" => set(&mut self.pax_path, value)?,
                b"linkpath" => set(&mut self.pax_link, value)?,
                b"size" => {
                    let size = std::str::from_utf8(value)
                        .ok()
                        .and_then(|text| text.parse().ok())
                        .ok_or_else(malformed)?;
                    self.pax_size = Some(size);
                }
                key if key.starts_with(b"GNU.sparse.") => self.sparse = true,
                _ => {}
            }
        }
        Ok(())
    }

    /// Returns the member that the extended headers and its own header describe.
    pub fn apply(self, header: &Header, size: u64) -> Result<Member, ReadError> {
        if self.pax_size.is_some_and(|declared| declared != size) {
            return Err(ReadError::Corrupt(
                "a member with one size in the extended header and another in its header".into(),
            ));
        }
        let in_header = header.path_bytes().into_owned();
        let path = agreed(self.pax_path.as_deref(), self.gnu_path.as_deref())?;
        let link = agreed(self.pax_link.as_deref(), self.gnu_link.as_deref())?;
        // `Archive::Tar` ignores pax headers. A path that fits into the header needs none.
        let other_path = (self.gnu_path.is_none()
            && self.pax_path.as_deref().is_some_and(|path| {
                path.len() <= SHORT && path.is_ascii() && path != in_header.as_slice()
            }))
        .then(|| in_header.clone());
        let path = path.map_or(in_header, <[u8]>::to_vec);
        let link = match link {
            Some(link) => link.to_vec(),
            None => header
                .link_name_bytes()
                .map(|link| link.into_owned())
                .unwrap_or_default(),
        };
        let mut kind = kind_of(header, &path, link);
        if self.sparse {
            kind = MemberKind::Other("a sparse file".into());
        }
        let mode = header
            .mode()
            .map_err(|error| ReadError::Corrupt(error.to_string()))?;
        Ok(Member {
            path,
            kind,
            mode,
            size,
            other_path,
        })
    }

    /// Refuses extended headers that no member follows.
    pub fn require_unused(&self) -> Result<(), ReadError> {
        if self.any {
            return Err(ReadError::Corrupt(
                "an extended header without a member after it".into(),
            ));
        }
        Ok(())
    }
}

/// Refuses a global header about members. Comments are allowed: `git archive` notes a commit.
fn global(data: &[u8]) -> Result<(), ReadError> {
    let of_members = |key: &[u8]| {
        matches!(key, b"path" | b"linkpath" | b"size") || key.starts_with(b"GNU.sparse.")
    };
    if records(data)?.iter().any(|(key, _)| of_members(key)) {
        return Err(ReadError::Corrupt(
            "a global header that gives one path or size to all members".into(),
        ));
    }
    Ok(())
}

/// Key and value.
type PaxRecord<'a> = (&'a [u8], &'a [u8]);

fn records(data: &[u8]) -> Result<Vec<PaxRecord<'_>>, ReadError> {
    // The parser stops at an empty line. Other readers do not.
    if data.windows(2).any(|pair| pair == b"\n\n") {
        return Err(malformed());
    }
    PaxExtensions::new(data)
        .map(|record| match record {
            Ok(record) => Ok((record.key_bytes(), record.value_bytes())),
            Err(_) => Err(malformed()),
        })
        .collect()
}

/// Returns the value of a field that has two forms. If both forms are present, they must agree.
fn agreed<'a>(pax: Option<&'a [u8]>, gnu: Option<&'a [u8]>) -> Result<Option<&'a [u8]>, ReadError> {
    match (pax, gnu) {
        (Some(pax), Some(gnu)) if pax != gnu => Err(ReadError::Corrupt(
            "a member with one path in a pax header and another in a GNU header".into(),
        )),
        _ => Ok(pax.or(gnu)),
    }
}

fn set(place: &mut Option<Vec<u8>>, value: &[u8]) -> Result<(), ReadError> {
    let well_formed = !value.is_empty() && !value.contains(&0) && value.len() <= limits::PATH;
    if place.is_some() || !well_formed {
        return Err(malformed());
    }
    *place = Some(value.to_vec());
    Ok(())
}

fn until_zero(data: &[u8]) -> &[u8] {
    data.split(|byte| *byte == 0).next().unwrap_or_default()
}

fn malformed() -> ReadError {
    ReadError::Corrupt("an extended header that is unreadable or repeats a field".into())
}
