//! Compares one name: exactly, or by a pattern for the whole name.

use std::fmt;

use regex::{Regex, RegexBuilder};

use super::Wildcard;

/// Longest pattern that is accepted, in bytes.
const PATTERN_LIMIT: usize = 4096;
/// Most memory that a compiled pattern may take, in bytes.
const COMPILED_LIMIT: usize = 1 << 20;

/// An exact name, or a pattern.
///
/// # Security
///
/// A pattern always has to match the whole name. `example\.com` does not match
/// `attacker-example.com.evil.test`, whether or not its author remembered the anchors.
#[derive(Clone, Debug)]
pub enum Matcher {
    /// The name equals this text, byte for byte.
    Exact(String),
    /// The whole name matches this regular expression.
    Pattern(String, Regex),
    /// The whole name matches this text with `*` in it.
    Wildcard(Wildcard),
}

/// A pattern that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// It is no regular expression, or too large.
    #[error("invalid pattern `{pattern}`: {reason}")]
    Syntax {
        /// The pattern as written.
        pattern: String,
        /// The message of the parser.
        reason: String,
    },
    /// It is too long.
    #[error("invalid pattern: expected at most {PATTERN_LIMIT} bytes, found {found}")]
    TooLong {
        /// Its length in bytes.
        found: usize,
    },
}

impl Matcher {
    /// A pattern in the syntax of RE2, as cosign's flags take it.
    pub fn pattern(text: &str) -> Result<Self, PatternError> {
        if text.len() > PATTERN_LIMIT {
            return Err(PatternError::TooLong { found: text.len() });
        }
        let syntax = |error: regex::Error| PatternError::Syntax {
            pattern: text.to_owned(),
            reason: error.to_string(),
        };
        // Parse it alone first, so that no unbalanced `)` in it can undo the anchors around it.
        let build = |source: &str| RegexBuilder::new(source).size_limit(COMPILED_LIMIT).build();
        build(text).map_err(syntax)?;
        // The line break ends a comment, should the pattern switch on `x` and end in one.
        let anchored = build(&format!(r"\A(?:{text}{}\z", closing(text))).map_err(syntax)?;
        Ok(Self::Pattern(text.to_owned(), anchored))
    }

    /// Whether `name` matches.
    pub fn matches(&self, name: &str) -> bool {
        match self {
            Self::Exact(expected) => expected == name,
            Self::Pattern(_, pattern) => pattern.is_match(name),
            Self::Wildcard(wildcard) => wildcard.matches(name),
        }
    }
}

/// Closes the group around a pattern. In extended mode (`(?x)`) the pattern may end in a comment, which only a line
/// break ends; elsewhere a line break would be part of the pattern.
fn closing(text: &str) -> &'static str {
    let extended = Regex::new(&format!("(?:{text})")).is_err();
    if extended { "\n)" } else { ")" }
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Exact(a), Self::Exact(b)) | (Self::Pattern(a, _), Self::Pattern(b, _)) => a == b,
            (Self::Wildcard(a), Self::Wildcard(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Matcher {}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(name) => f.write_str(name),
            Self::Pattern(pattern, _) => write!(f, "/{pattern}/"),
            Self::Wildcard(wildcard) => write!(f, "{wildcard}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_pattern_is_anchored_at_both_ends() {
        let pattern = Matcher::pattern(r"author@example\.com|x").unwrap();
        assert!(pattern.matches("author@example.com"));
        assert!(!pattern.matches("author@example.com.evil.test"));
        assert!(!pattern.matches("not-author@example.com"));
        assert!(!pattern.matches("author@example.com\n"));
        assert!(!pattern.matches("yx"));
    }

    #[test]
    fn a_pattern_cannot_leave_its_group() {
        assert!(Matcher::pattern("a)|(?:.*").is_err());
        let commented = Matcher::pattern("(?x) a # )").unwrap();
        assert!(commented.matches("a"));
        assert!(!commented.matches("ab"));
        let multi_line = Matcher::pattern("(?m)^a$").unwrap();
        assert!(!multi_line.matches("b\na"));
    }

    #[test]
    fn patterns_are_bounded() {
        assert!(matches!(
            Matcher::pattern(&"a".repeat(PATTERN_LIMIT + 1)),
            Err(PatternError::TooLong { .. })
        ));
        assert!(Matcher::pattern("(((a{100}){100}){100})").is_err());
    }

    proptest! {
        #[test]
        fn an_escaped_name_matches_itself_alone(name in ".{0,40}", before in ".{0,4}", after in ".{0,4}") {
            let pattern = Matcher::pattern(&regex::escape(&name)).unwrap();
            prop_assert!(pattern.matches(&name));
            let other = format!("{before}{name}{after}");
            prop_assert_eq!(pattern.matches(&other), other == name);
        }

        #[test]
        fn no_pattern_matches_more_than_the_whole_name(text in ".{0,24}", name in "[a-c@.]{0,8}") {
            if let Ok(pattern) = Matcher::pattern(&text) && pattern.matches(&name) {
                // What the unanchored pattern finds at the start must be able to reach the end.
                prop_assert!(Regex::new(&text).unwrap().is_match(&name));
            }
        }
    }
}
