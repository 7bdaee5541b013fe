//! CHECKSUMS, PAUSE's list of the files in a directory of an author, parsed as data.
//!
//! The file has the form of a Perl program (`$cksum = {...};` inside a PGP signature), and CPAN.pm runs all
//! of its text. This parser never runs it, and a client gets only [`Checksums::to_text`]. No decision rests
//! on its content, so its signature is not verified here.

mod perl_data;

use std::{collections::BTreeMap, fmt::Write as _};

use cpan_sigstore_core::{digest::Sha256Digest, release::is_name_character};

use perl_data::{PerlDataError, Value};

/// Size limit of CHECKSUMS, in bytes; the largest on CPAN have some 2 MiB.
pub const SIZE_LIMIT: usize = 16 * 1024 * 1024;
/// The beginning of the data.
const START: &str = "$cksum = ";
/// The end of the data.
const END: &str = ";\n";

/// The parsed entries of one directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checksums {
    entries: BTreeMap<String, Entry>,
}

/// PAUSE's statement about one file or subdirectory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// SHA-256 of the file.
    pub sha256: Option<Sha256Digest>,
    /// Its size in bytes.
    pub size: Option<u64>,
    /// Whether it is a directory.
    pub is_directory: bool,
    /// When it was written: digits, hyphens, colons and blanks.
    modified: Option<String>,
    /// The directory that PAUSE states, such as `T/TI/TIMLEGGE`; CPAN.pm compares it with the release's.
    cpan_path: Option<String>,
}

/// Reasons to refuse a CHECKSUMS file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChecksumsError {
    /// It is not UTF-8.
    #[error("invalid CHECKSUMS: expected UTF-8 text, found other bytes")]
    NotText,
    /// The data begin nowhere, or in two places.
    #[error(
        "invalid CHECKSUMS: expected `{START}` at the beginning of one line, found it {0} times"
    )]
    Start(usize),
    /// The data have another form.
    #[error("invalid CHECKSUMS: {0}")]
    Data(#[from] PerlDataError),
    /// Code follows the data.
    #[error("invalid CHECKSUMS: expected the data to end with `}};`, found more")]
    End,
    /// An entry is no hash.
    #[error("invalid CHECKSUMS: expected a hash for `{0}`, found another value")]
    Entry(String),
    /// A digest has another form.
    #[error(
        "invalid CHECKSUMS: expected 64 hexadecimal digits as the sha256 of `{0}`, found other text"
    )]
    Digest(String),
}

impl Checksums {
    /// Parses the data of a CHECKSUMS file. The text around them is ignored and never handed on.
    ///
    /// # Errors
    /// [`ChecksumsError`] if the data have another form than PAUSE's, or two meanings.
    pub fn parse(text: &[u8]) -> Result<Self, ChecksumsError> {
        let text = std::str::from_utf8(text).map_err(|_| ChecksumsError::NotText)?;
        let starts: Vec<_> = text
            .match_indices(START)
            .filter(|(at, _)| *at == 0 || text[..*at].ends_with('\n'))
            .collect();
        let [(start, _)] = starts[..] else {
            return Err(ChecksumsError::Start(starts.len()));
        };
        let (value, rest) = perl_data::parse(&text[start + START.len()..])?;
        if !rest.starts_with(END) {
            return Err(ChecksumsError::End);
        }
        let Value::Hash(files) = value else {
            return Err(ChecksumsError::Entry(START.trim_end().to_owned()));
        };
        let entries = files
            .into_iter()
            .map(|(name, value)| Ok((name.clone(), Entry::read(&name, value)?)))
            .collect::<Result<_, ChecksumsError>>()?;
        Ok(Self { entries })
    }

    /// The entry of a file.
    pub fn get(&self, name: &str) -> Option<&Entry> {
        self.entries.get(name)
    }

    /// All entries, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.entries
            .iter()
            .map(|(name, entry)| (name.as_str(), entry))
    }

    /// The file as clients get it: Perl data without a PGP signature.
    ///
    /// Only known fields of known characters are in it. Entries whose name has other characters are left out.
    pub fn to_text(&self) -> String {
        let mut text = String::from(
            "# CHECKSUMS, rendered by cpan-sigstore from the data of its upstream; not signed\n$cksum = {\n",
        );
        for (name, entry) in self.iter().filter(|(name, _)| is_name(name)) {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "  '{name}' => {{");
            if let Some(path) = &entry.cpan_path {
                let _ = writeln!(text, "    'cpan_path' => '{path}',");
            }
            if entry.is_directory {
                text.push_str("    'isdir' => 1,\n");
            }
            if let Some(modified) = &entry.modified {
                let _ = writeln!(text, "    'mtime' => '{modified}',");
            }
            if let Some(digest) = &entry.sha256 {
                let _ = writeln!(text, "    'sha256' => '{}',", digest.to_hex());
            }
            if let Some(size) = entry.size {
                let _ = writeln!(text, "    'size' => {size},");
            }
            text.push_str("  },\n");
        }
        text.push_str("};\n");
        text
    }
}

/// Whether a name of a file has only characters that PAUSE accepts in names.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_name_character)
}

fn is_directory_path(text: &str) -> bool {
    text.split('/').all(|part| is_name(part) && part != "..")
}

fn is_date(text: &str) -> bool {
    text.chars()
        .all(|c| c.is_ascii_digit() || "-: ".contains(c))
}

impl Entry {
    fn read(name: &str, value: Value) -> Result<Self, ChecksumsError> {
        let Value::Hash(fields) = value else {
            return Err(ChecksumsError::Entry(name.to_owned()));
        };
        let text = |key: &str| match fields.get(key) {
            Some(Value::Scalar(text)) => Some(text.as_str()),
            _ => None,
        };
        let sha256 = text("sha256")
            .map(Sha256Digest::from_hex)
            .transpose()
            .map_err(|_| ChecksumsError::Digest(name.to_owned()))?;
        Ok(Self {
            sha256,
            size: text("size").and_then(|size| size.parse().ok()),
            is_directory: text("isdir").is_some_and(|is| is != "0"),
            modified: text("mtime")
                .filter(|text| is_date(text))
                .map(str::to_owned),
            cpan_path: text("cpan_path")
                .filter(|text| is_directory_path(text))
                .map(str::to_owned),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SIGNED: &str = r#"0&&<<''; # this PGP-signed message is also valid perl
-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA256

# CHECKSUMS file written on Tue Nov 24 12:00:00 2026 GMT by CPAN::Checksums (v2.14)
$cksum = {
  'Foo-1.0.tar.gz' => {
    'cpan_path' => 'A/AU/AUTHOR',
    'md5' => '0123',
    'mtime' => '2026-11-24',
    'sha256' => 'abababababababababababababababababababababababababababababababab',
    'size' => 1234
  },
  'old' => {
    'isdir' => 1,
    'mtime' => '2020-01-01'
  },
  'it\'s "odd" \\ here' => {
    'size' => '7',
  }
};
__END__
-----BEGIN PGP SIGNATURE-----
x
"#;

    #[test]
    fn renders_nothing_but_data_of_checksums() {
        let marked = |old: &str, new: &str| {
            let text = SIGNED.replacen(old, new, 1);
            Checksums::parse(text.as_bytes()).unwrap().to_text()
        };
        for (old, new) in [
            ("0&&", "MARKER();\n0&&"),
            ("$cksum = {\n", "MARKER();\n$cksum = {\n"),
            ("};\n__END__", "};\nMARKER();\n__END__"),
            ("__END__", "MARKER()"),
            ("'0123'", "'MARKER'"),
            ("'md5'", "'MARKER'"),
            ("2026-11-24'", "MARKER'"),
            ("A/AU/AUTHOR'", "A/../MARKER'"),
            (r"it\'s", r"MARKER\'s"),
        ] {
            assert!(SIGNED.contains(old), "{old}");
            let text = marked(old, new);
            assert!(!text.contains("MARKER"), "{new}: {text}");
        }
        let text = marked("", "");
        assert!(text.contains("  'Foo-1.0.tar.gz' => {\n    'cpan_path' => 'A/AU/AUTHOR',\n"));
        assert!(text.contains("    'isdir' => 1,\n    'mtime' => '2020-01-01',\n"));
        let again = Checksums::parse(text.as_bytes()).unwrap();
        assert_eq!(again.to_text(), text);
        let whole = Checksums::parse(SIGNED.as_bytes()).unwrap();
        assert_eq!(again.get("Foo-1.0.tar.gz"), whole.get("Foo-1.0.tar.gz"));
    }

    #[test]
    fn reads_signed_checksums_as_data() {
        let read = Checksums::parse(SIGNED.as_bytes()).unwrap();
        let entry = read.get("Foo-1.0.tar.gz").unwrap();
        assert_eq!(entry.size, Some(1234));
        assert_eq!(entry.sha256, Some(Sha256Digest::new([0xab; 32])));
        assert!(read.get("old").unwrap().is_directory);
        assert_eq!(read.get(r#"it's "odd" \ here"#).unwrap().size, Some(7));
        assert_eq!(read.iter().count(), 3);
    }

    #[test]
    fn reads_unsigned_checksums() {
        let unsigned = "# CHECKSUMS\n$cksum = {};\n1;\n";
        assert_eq!(
            Checksums::parse(unsigned.as_bytes()).unwrap(),
            Checksums::default()
        );
    }

    #[test]
    fn rejects_checksums_with_code_or_two_meanings() {
        let swap = |old: &str, new: &str| Checksums::parse(SIGNED.replacen(old, new, 1).as_bytes());
        for (old, new) in [
            ("'0123'", "`id`"),
            ("'0123'", "do { 1 }"),
            ("'0123'", r#""@{[ 1 ]}""#),
            ("'0123'", "'0123' . 'x'"),
            ("'md5' =>", "'sha256' =>"),
            ("};\n__END__", "}, 1;\n__END__"),
            ("__END__", "$cksum = {};\n__END__"),
            ("abab", "zz"),
            ("1234\n  }", "1234\n  },\n  'Foo-1.0.tar.gz' => {}"),
        ] {
            assert!(swap(old, new).is_err(), "{new}");
        }
    }

    proptest! {
        #[test]
        fn parses_any_text_without_panic(text in "\\PC{0,40}", cut in 0..SIGNED.len()) {
            let mut mixed = SIGNED.as_bytes().to_vec();
            mixed.splice(cut..cut, text.bytes());
            if let Ok(read) = Checksums::parse(&mixed) {
                let text = read.to_text();
                prop_assert_eq!(Checksums::parse(text.as_bytes()).unwrap().to_text(), text);
            }
            let _ = Checksums::parse(&SIGNED.as_bytes()[..cut]);
        }
    }
}
