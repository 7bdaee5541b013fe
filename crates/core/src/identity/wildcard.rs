//! Names with `*` in them, as author records state them.
//!
//! Regular expressions differ from language to language, and programs in many languages read records. A `*` matches
//! any number of characters other than `/`; every other character matches itself; the whole name has to match.

use std::fmt;

/// Longest pattern, in bytes.
const LENGTH_LIMIT: usize = 1024;
/// Most `*` in one part between two `/`.
const STARS_LIMIT: usize = 4;

/// A name with `*` in it.
///
/// # Security
///
/// Scheme, host and one whole part of the path come before the first `*`, such as `https://github.com/OWNER/`, so that
/// no pattern matches everybody of a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wildcard(String);

/// The text is no pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "invalid pattern: expected one such as https://github.com/OWNER/REPOSITORY/.github/workflows/release.yml@refs/tags/* with scheme, host and one whole part of the path before the first `*`, found `{0}`"
)]
pub struct WildcardError(String);

impl Wildcard {
    /// Parses a pattern.
    ///
    /// # Errors
    /// [`WildcardError`] for no `*`, too many, or one too early.
    pub fn new(text: &str) -> Result<Self, WildcardError> {
        let refused = || WildcardError(text.chars().take(200).collect());
        let star = text.find('*').ok_or_else(refused)?;
        // `scheme:`, nothing, host, one part of the path, and what comes after it.
        let literal: Vec<&str> = text[..star].split('/').collect();
        let [scheme, "", host, owner, _, ..] = literal[..] else {
            return Err(refused());
        };
        let is_scheme = scheme.len() > 1 && scheme.ends_with(':');
        let few = text
            .split('/')
            .all(|part| part.matches('*').count() <= STARS_LIMIT);
        if !is_scheme || host.is_empty() || owner.is_empty() || text.len() > LENGTH_LIMIT || !few {
            return Err(refused());
        }
        Ok(Self(text.to_owned()))
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the whole name matches.
    pub fn matches(&self, name: &str) -> bool {
        let parts = self.0.split('/');
        parts.clone().count() == name.split('/').count()
            && parts
                .zip(name.split('/'))
                .all(|(pattern, part)| part_matches(pattern, part))
    }
}

/// Whether one part between two `/` matches.
fn part_matches(pattern: &str, part: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return pattern == part;
    };
    let Some(mut part) = part.strip_prefix(first) else {
        return false;
    };
    let mut literals: Vec<&str> = rest.split('*').collect();
    let last = literals.pop().unwrap_or_default();
    // The earliest place of each leaves the most for those after it.
    for literal in literals {
        let Some(at) = part.find(literal) else {
            return false;
        };
        part = &part[at + literal.len()..];
    }
    part.ends_with(last)
}

impl fmt::Display for Wildcard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex::Regex;

    use super::*;

    const WORKFLOW: &str = "https://github.com/tim/Foo/.github/workflows/release.yml@refs/tags/v*";

    #[test]
    fn a_star_stays_within_its_part_of_the_path() {
        let pattern = Wildcard::new(WORKFLOW).unwrap();
        let name = |tag: &str| WORKFLOW.replace("v*", tag);
        assert!(pattern.matches(&name("v1.02")));
        assert!(pattern.matches(&name("v")));
        assert!(!pattern.matches(&name("v1/../x")));
        assert!(!pattern.matches(&name("1.02")));
        assert!(!pattern.matches(&format!("{}/", name("v1"))));
        assert!(!pattern.matches(&name("v1").replace("tim", "tom")));
    }

    #[test]
    fn a_pattern_for_everybody_is_none() {
        for text in [
            "*",
            "*@example.com",
            "https://*",
            "https://github.com/*",
            "https://github.com/t*/Foo",
            "https:///owner/*",
            "https://github.com//*",
            "https://github.com/tim/Foo",
            "https://github.com/tim/*****",
            "://github.com/tim/*",
        ] {
            assert!(Wildcard::new(text).is_err(), "{text}");
        }
        assert!(Wildcard::new("https://github.com/tim/*").is_ok());
    }

    proptest! {
        #[test]
        fn it_matches_as_the_regular_expression_of_the_same_meaning(
            pattern in "[ab*/]{0,8}", name in "[ab/]{0,8}",
        ) {
            let pattern = format!("s://h/o/{pattern}*");
            let name = format!("s://h/o/{name}");
            if let Ok(wildcard) = Wildcard::new(&pattern) {
                let same = regex::escape(&pattern).replace(r"\*", "[^/]*");
                let same = Regex::new(&format!(r"\A{same}\z")).unwrap();
                prop_assert_eq!(wildcard.matches(&name), same.is_match(&name));
            }
        }
    }
}
