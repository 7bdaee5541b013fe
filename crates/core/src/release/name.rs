//! The file name of a release.

use std::{fmt, str::FromStr};

use serde::{Serialize, Serializer};

use super::{
    PerlVersion, distname,
    file_name::{LONGEST, is_file_name},
};

/// A suffix that PAUSE and clients know releases by. PAUSE tells capital letters from small ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Suffix {
    /// `.tar.gz`
    TarGz,
    /// `.tgz`
    Tgz,
    /// `.tar.bz2`
    TarBz2,
    /// `.tbz`
    Tbz,
    /// `.zip`
    Zip,
}

/// The kind of archive behind a suffix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Packing {
    /// A tar archive, compressed by gzip.
    Gzip,
    /// A tar archive, compressed by bzip2.
    Bzip2,
    /// A zip archive.
    Zip,
}

impl Suffix {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::TarGz, Self::Tgz, Self::TarBz2, Self::Tbz, Self::Zip];

    /// The suffix, with its dot.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TarGz => ".tar.gz",
            Self::Tgz => ".tgz",
            Self::TarBz2 => ".tar.bz2",
            Self::Tbz => ".tbz",
            Self::Zip => ".zip",
        }
    }

    /// The kind of archive.
    pub const fn packing(self) -> Packing {
        match self {
            Self::TarGz | Self::Tgz => Packing::Gzip,
            Self::TarBz2 | Self::Tbz => Packing::Bzip2,
            Self::Zip => Packing::Zip,
        }
    }

    /// The suffix of a file name, and the part before it.
    pub fn of(file_name: &str) -> Option<(&str, Self)> {
        Self::ALL
            .into_iter()
            .find_map(|suffix| Some((file_name.strip_suffix(suffix.as_str())?, suffix)))
    }
}

/// The name of a release: distribution, version and suffix, as `Foo-Bar-1.02.tar.gz` says them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ReleaseName {
    file_name: String,
    distribution: String,
    version: Option<String>,
    suffix: Suffix,
}

/// The text is no name of a release.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseNameError {
    /// It has no suffix that PAUSE knows.
    #[error(
        "invalid file name: expected one that ends with .tar.gz, .tgz, .tar.bz2, .tbz or .zip, found `{0}`"
    )]
    Suffix(String),
    /// It is too long, or has characters that PAUSE does not write.
    #[error(
        "invalid file name: expected letters, digits and `_.@+-`, a letter or digit first, at most {LONGEST} bytes, found `{0}`"
    )]
    FileName(String),
}

impl ReleaseName {
    /// The whole file name.
    pub fn file_name(&self) -> &str {
        &self.file_name
    }

    /// The distribution, such as `Foo-Bar`.
    pub fn distribution(&self) -> &str {
        &self.distribution
    }

    /// The version in the name, such as `v1.2.3-TRIAL`; some old releases have none.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// The version as Perl reads it, without `-TRIAL`; `None` if Perl cannot read it.
    pub fn perl_version(&self) -> Option<PerlVersion> {
        let version = self.version.as_deref()?;
        without_maturity(&self.distribution, version).parse().ok()
    }

    /// The suffix.
    pub const fn suffix(&self) -> Suffix {
        self.suffix
    }

    /// The name without its suffix, such as `Foo-Bar-1.02`.
    pub fn stem(&self) -> &str {
        &self.file_name[..self.file_name.len() - self.suffix.as_str().len()]
    }

    /// Whether PAUSE takes it for a developer release, and so does not index it.
    pub fn is_developer_release(&self) -> bool {
        let bytes = self.file_name.as_bytes();
        // A digit, a point, digits, an underscore and a digit.
        let underscore = bytes.iter().enumerate().any(|(index, byte)| {
            let digits = |bytes: &[u8]| {
                bytes
                    .iter()
                    .rev()
                    .take_while(|b| b.is_ascii_digit())
                    .count()
            };
            *byte == b'_' && bytes.get(index + 1).is_some_and(u8::is_ascii_digit) && {
                let before = &bytes[..index];
                let count = digits(before);
                let rest = &before[..before.len() - count];
                count > 0
                    && rest
                        .strip_suffix(b".")
                        .is_some_and(|whole| whole.last().is_some_and(u8::is_ascii_digit))
            }
        });
        underscore || self.file_name.contains("TRIAL") || self.is_developers_perl()
    }

    /// Whether it is a perl of the developers: a release candidate, or one with an odd number after 5.6, such as
    /// `perl-5.43.2`. `CPAN::DistnameInfo` has the same rule.
    fn is_developers_perl(&self) -> bool {
        let Some(version) = self
            .version
            .as_deref()
            .filter(|_| self.distribution == "perl")
        else {
            return false;
        };
        let minor = version.split(['.', '_', '-']).nth(1);
        let minor: Option<u32> = minor.and_then(|digits| digits.parse().ok());
        // Before 5.6, the digits behind the dot are one number, such as 5.005.
        version.contains("-RC")
            || (version.matches('.').count() == 2
                && minor.is_some_and(|minor| minor > 6 && minor % 2 == 1))
    }
}

/// The version without the mark of a trial release (`-TRIAL`, `-TRIAL2`) or, of perl itself, a release
/// candidate (`-RC1`): META does not repeat it.
pub(super) fn without_maturity<'a>(distribution: &str, version: &'a str) -> &'a str {
    let marks: &[&str] = if distribution == "perl" {
        &["-TRIAL", "-RC"]
    } else {
        &["-TRIAL"]
    };
    marks
        .iter()
        .find_map(|mark| {
            let (before, count) = version.rsplit_once(mark)?;
            count.bytes().all(|b| b.is_ascii_digit()).then_some(before)
        })
        .unwrap_or(version)
}

impl FromStr for ReleaseName {
    type Err = ReleaseNameError;

    fn from_str(text: &str) -> Result<Self, ReleaseNameError> {
        let shown = || text.chars().take(80).collect();
        if !is_file_name(text) {
            return Err(ReleaseNameError::FileName(shown()));
        }
        let (stem, suffix) = Suffix::of(text).ok_or_else(|| ReleaseNameError::Suffix(shown()))?;
        let (distribution, version) = distname::split(stem);
        Ok(Self {
            file_name: text.to_owned(),
            distribution,
            version,
            suffix,
        })
    }
}

impl fmt::Display for ReleaseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file_name)
    }
}

impl Serialize for ReleaseName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.file_name)
    }
}
