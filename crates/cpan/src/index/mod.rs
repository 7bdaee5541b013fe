//! The files that lead to releases, and how each is checked before it is handed on.
//!
//! None of them is signed by anybody whom a user knows, so none is believed: what an index leads to has
//! to pass the gate. What is checked is that an index is whole, is what its name says, and is no step back.

mod packages;
mod packed;

pub use packages::{Packages, PackagesError};
pub use packed::{PackedError, pack, unpack};

use jiff::{Timestamp, fmt::rfc2822};

use crate::path::Index;

/// Largest index that is read, not packed, in bytes; `02packages.details.txt` has some 25 million.
pub const SIZE_LIMIT: usize = 128 * 1024 * 1024;

/// An index that is not handed on.
#[derive(Debug, thiserror::Error)]
pub enum PackageIndexError {
    /// It cannot be unpacked.
    #[error(transparent)]
    Packed(#[from] PackedError),
    /// It is no list of packages.
    #[error(transparent)]
    Packages(#[from] PackagesError),
    /// It is not what its name says.
    #[error("expected {expected}, found `{found}`")]
    Form {
        /// What should be there.
        expected: &'static str,
        /// What is.
        found: String,
    },
}

/// An index that may be handed on.
#[derive(Debug)]
pub struct Checked {
    /// Its text.
    pub text: Vec<u8>,
    /// What it says of its age, where that is looked at.
    pub date: Option<Timestamp>,
}

/// Looks at the unpacked text of an index.
///
/// # Errors
/// Where it is not what its name says.
pub fn check(index: Index, text: Vec<u8>) -> Result<Checked, PackageIndexError> {
    match index {
        Index::Packages => {
            let packages = Packages::parse(&text)?;
            Ok(Checked {
                date: Some(packages.date()),
                text: packages.sorted(),
            })
        }
        Index::Authors => each_line(text, "lines of `alias ID \"NAME <ADDRESS>\"`", |line| {
            line.is_empty() || line.starts_with(b"alias ")
        }),
        Index::Permissions => permissions(text),
        Index::ModuleList => module_list(&text),
    }
}

fn each_line(
    text: Vec<u8>,
    expected: &'static str,
    is_right: impl Fn(&[u8]) -> bool,
) -> Result<Checked, PackageIndexError> {
    match text
        .split(|byte| *byte == b'\n')
        .find(|line| !is_right(line))
    {
        Some(line) => Err(PackageIndexError::Form {
            expected,
            found: excerpt(line),
        }),
        None => Ok(Checked { text, date: None }),
    }
}

/// A header, a blank line, and `package,userid,m|f|c`.
fn permissions(text: Vec<u8>) -> Result<Checked, PackageIndexError> {
    const EXPECTED: &str = "a header, a blank line, and lines of `package,userid,m|f|c`";
    let body = text.windows(2).position(|pair| pair == b"\n\n");
    let Some(body) = body else {
        return Err(PackageIndexError::Form {
            expected: EXPECTED,
            found: excerpt(&text),
        });
    };
    each_line(text[body + 2..].to_vec(), EXPECTED, |line| {
        line.is_empty() || line.split(|byte| *byte == b',').count() == 3
    })?;
    Ok(Checked { text, date: None })
}

/// An empty module list in the place of whatever came: the file is a Perl program that CPAN.pm runs, and
/// no check makes one harmless. PAUSE's own has listed nothing for years. Only its date is taken over.
fn module_list(text: &[u8]) -> Result<Checked, PackageIndexError> {
    let header: Vec<_> = text.split(|byte| *byte == b'\n').take(20).collect();
    let date = header.iter().find_map(|line| {
        let text = std::str::from_utf8(line.strip_prefix(b"Date:")?).ok()?;
        rfc2822::parse(text.trim()).ok()
    });
    let Some(date) = date else {
        return Err(PackageIndexError::Form {
            expected: "a module list with its date",
            found: excerpt(text),
        });
    };
    let text = format!(
        "File:        03modlist.data\n\
         Description: The list of registered modules, which is no longer kept.\n\
         Modcount:    0\n\
         Date:        {}\n\n\
         package CPAN::Modulelist;\n\
         sub data {{ return {{}}; }}\n\
         1;\n",
        date.timestamp().strftime("%a, %d %b %Y %H:%M:%S GMT")
    );
    Ok(Checked {
        text: text.into_bytes(),
        date: None,
    })
}

/// The beginning of a line, to be shown.
fn excerpt(line: &[u8]) -> String {
    String::from_utf8_lossy(&line[..line.len().min(80)])
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_list_brings_no_program() {
        let list = b"File: 03modlist.data\nDate: Tue, 24 Nov 2026 12:00:00 GMT\n\nsystem('id');\n";
        let checked = check(Index::ModuleList, list.to_vec()).unwrap();
        let text = String::from_utf8(checked.text).unwrap();
        assert!(!text.contains("system"));
        assert!(
            text.contains(
                "Date:        Tue, 24 Nov 2026 12:00:00 GMT\n\npackage CPAN::Modulelist;"
            )
        );
        assert!(check(Index::ModuleList, b"<html>".to_vec()).is_err());
    }

    #[test]
    fn lists_of_authors_and_permissions_are_lists() {
        let ok = |index, text: &str| check(index, text.as_bytes().to_vec()).is_ok();
        assert!(ok(Index::Authors, "alias ABC \"A <a@b>\"\n"));
        assert!(!ok(Index::Authors, "<html>\n"));
        assert!(ok(Index::Permissions, "File: 06perms.txt\n\nFoo,ABC,f\n"));
        assert!(!ok(Index::Permissions, "File: 06perms.txt\nFoo,ABC,f\n"));
        assert!(!ok(Index::Permissions, "File: 06perms.txt\n\n<html>\n"));
    }
}
