//! CHECKSUMS, the list that PAUSE keeps in each directory of an author, read as data.
//!
//! It is a Perl program by form (`$cksum = {...};` between the lines of a PGP signature) and is never
//! run. Its signature is not verified here: no decision rests on what it says.

use std::collections::BTreeMap;

use cpan_sigstore_core::digest::Sha256Digest;

use super::perl_data::{self, PerlDataError, Value};

/// Largest CHECKSUMS that is read, in bytes; the largest on CPAN have some 2 MiB.
pub const SIZE_LIMIT: usize = 16 * 1024 * 1024;
/// Where the data begin.
const START: &str = "$cksum = ";
/// What follows them, but for blanks: the end of the program.
const END: &str = ";\n";

/// What PAUSE says of the files in one directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checksums {
    entries: BTreeMap<String, Entry>,
}

/// What PAUSE says of one file, or of a directory below.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// SHA-256 of the file.
    pub sha256: Option<Sha256Digest>,
    /// Its size in bytes.
    pub size: Option<u64>,
    /// Whether it is a directory.
    pub is_directory: bool,
}

/// The text is no CHECKSUMS.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChecksumsError {
    /// No text.
    #[error("expected a text in UTF-8 or ASCII, found something else")]
    NoText,
    /// The data are not where they should be.
    #[error("expected `{START}` at the beginning of one line, found it {0} times")]
    Start(usize),
    /// The data are not as they should be.
    #[error(transparent)]
    Data(#[from] PerlDataError),
    /// The data do not end where they should.
    #[error("expected the data to end with `}};`, found more")]
    End,
    /// The data say something else.
    #[error("expected a hash for each file, found another kind of value for `{0}`")]
    Entry(String),
    /// A digest that is none.
    #[error("expected 64 hexadecimal digits as the sha256 of `{0}`, found something else")]
    Digest(String),
}

impl Checksums {
    /// Reads the text of a CHECKSUMS.
    ///
    /// # Errors
    /// Where it is not as PAUSE writes it. A text that can be read in two ways is refused.
    pub fn parse(text: &[u8]) -> Result<Self, ChecksumsError> {
        let text = std::str::from_utf8(text).map_err(|_| ChecksumsError::NoText)?;
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

    /// What is said of a file.
    pub fn get(&self, name: &str) -> Option<&Entry> {
        self.entries.get(name)
    }

    /// All entries, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.entries
            .iter()
            .map(|(name, entry)| (name.as_str(), entry))
    }
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
            .map(|hex| format!("sha256:{hex}").parse())
            .transpose()
            .map_err(|_| ChecksumsError::Digest(name.to_owned()))?;
        Ok(Self {
            sha256,
            size: text("size").and_then(|size| size.parse().ok()),
            is_directory: text("isdir").is_some_and(|is| is != "0"),
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
    fn a_signed_list_is_read_as_data() {
        let read = Checksums::parse(SIGNED.as_bytes()).unwrap();
        let entry = read.get("Foo-1.0.tar.gz").unwrap();
        assert_eq!(entry.size, Some(1234));
        assert_eq!(entry.sha256, Some(Sha256Digest::new([0xab; 32])));
        assert!(read.get("old").unwrap().is_directory);
        assert_eq!(read.get(r#"it's "odd" \ here"#).unwrap().size, Some(7));
        assert_eq!(read.iter().count(), 3);
    }

    #[test]
    fn an_unsigned_list_is_read_too() {
        let unsigned = "# CHECKSUMS\n$cksum = {};\n1;\n";
        assert_eq!(
            Checksums::parse(unsigned.as_bytes()).unwrap(),
            Checksums::default()
        );
    }

    #[test]
    fn code_and_second_readings_are_refused() {
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
        fn no_text_is_too_odd(text in "\\PC{0,40}", cut in 0..SIGNED.len()) {
            let mut mixed = SIGNED.as_bytes().to_vec();
            mixed.splice(cut..cut, text.bytes());
            let _ = Checksums::parse(&mixed);
            let _ = Checksums::parse(&SIGNED.as_bytes()[..cut]);
        }
    }
}
