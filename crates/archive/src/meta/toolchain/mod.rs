//! META that Perl's toolchain cannot read.
//!
//! CPAN::Meta reads META.json with JSON::PP and META.yml with CPAN::Meta::YAML. PAUSE and clients ignore a META that
//! these cannot read, with all that it states: `release_status`, `provides`, `no_index`. This crate's own reader is
//! lenient, so that an odd file still binds its name. These checks are as strict as the toolchain.

mod json;
mod yaml;

use std::fmt;

use super::MetaFile;

/// Longest part of a line that is shown, in characters.
const SHOWN: usize = 60;

/// Why Perl's toolchain cannot read a META file, or reads it in two ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It starts with a byte order mark.
    ByteOrderMark,
    /// It is in another encoding than UTF-8.
    Encoding { line: usize },
    /// It has the same key twice in one mapping.
    Twice(String),
    /// It is no document of its format.
    Syntax(String),
    /// CPAN::Meta::YAML does not know the form of this line.
    Line(String),
    /// The document is no mapping.
    NoMapping,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ByteOrderMark => f.write_str("a byte order mark at the start"),
            Self::Encoding { line } => write!(f, "bytes that are not UTF-8 in line {line}"),
            Self::Twice(key) => write!(f, "the key `{}` twice", shown(key)),
            Self::Syntax(reason) => f.write_str(reason),
            Self::Line(line) => write!(f, "the line `{}`", shown(line)),
            Self::NoMapping => f.write_str("no mapping"),
        }
    }
}

fn shown(text: &str) -> String {
    text.trim().chars().take(SHOWN).collect()
}

/// Checks that Perl's toolchain reads a META file, and reads it in one way.
pub fn check(form: MetaFile, content: &[u8]) -> Result<(), Unreadable> {
    let text = match std::str::from_utf8(content) {
        Ok(text) => text,
        Err(error) => {
            let before = content.iter().take(error.valid_up_to());
            let line = before.filter(|byte| **byte == b'\n').count() + 1;
            return Err(Unreadable::Encoding { line });
        }
    };
    match form {
        MetaFile::Json if text.starts_with('\u{feff}') => Err(Unreadable::ByteOrderMark),
        MetaFile::Json => json::check(text),
        MetaFile::Yaml => yaml::check(text),
        MetaFile::Raku => Ok(()),
    }
}
