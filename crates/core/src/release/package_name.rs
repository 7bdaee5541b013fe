//! The name of a package.

use std::{borrow::Borrow, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// Longest name, in bytes: what PAUSE's database holds, and some more for letters outside of ASCII.
const LONGEST: usize = 255;

/// The name of a package in the package index, such as `Foo::Bar`.
///
/// It is compared as it is written: clients and Perl tell capital letters from small ones. Besides words and `::`,
/// old entries of the index have hyphens, dots, the separator `'` of Perl 4, and letters outside of ASCII.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PackageName(String);

/// The text is no name of a package.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "invalid package: expected letters, digits, `_`, `:`, `'`, `-` and `.`, at most {LONGEST} bytes, found `{0}`"
)]
pub struct PackageNameError(String);

impl PackageName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a text is a name of a package.
    pub fn is_valid(text: &str) -> bool {
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':' | '\'' | '-' | '.');
        (1..=LONGEST).contains(&text.len()) && text.chars().all(is_part)
    }

    /// The names above a package, the nearest first: `Foo::Bar` and `Foo` for `Foo::Bar::Baz`.
    pub fn parents_of(package: &str) -> impl Iterator<Item = &str> {
        package.rmatch_indices("::").map(|(at, _)| &package[..at])
    }
}

impl FromStr for PackageName {
    type Err = PackageNameError;

    fn from_str(text: &str) -> Result<Self, PackageNameError> {
        if Self::is_valid(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(PackageNameError(text.chars().take(80).collect()))
        }
    }
}

impl Borrow<str> for PackageName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PackageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for PackageName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for PackageName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_package_names_of_the_index() {
        for text in [
            "Foo",
            "Foo::Bar_2",
            "Foo'Bar",
            "perl-5.005",
            "Acme::ǝmɔA",
            "_x",
        ] {
            let package: PackageName = text.parse().unwrap();
            assert_eq!(package.to_string(), text);
        }
        let parents = PackageName::parents_of("A::B::C");
        assert_eq!(parents.collect::<Vec<_>>(), ["A::B", "A"]);
    }

    #[test]
    fn rejects_texts_that_are_no_package_name() {
        let long = "x".repeat(LONGEST + 1);
        for text in [
            "",
            "Foo Bar",
            "Foo$Bar",
            "Foo/Bar",
            "Foo\n",
            "Foo\u{202e}",
            "Foo*",
            &long,
        ] {
            assert!(text.parse::<PackageName>().is_err(), "{text}");
        }
    }
}
