//! The text of every error, with sample data.

use crate::{
    digest::Sha256Digest,
    identity::{PatternError, Wildcard},
    policy::PolicyError,
    release::{PackageName, PauseId, PerlVersion, ReleasePath, Subdirectory},
};

/// The error of parsing a text.
fn error<T: std::str::FromStr>(text: &str) -> String
where
    T::Err: std::fmt::Display,
{
    let error = text.parse::<T>().err();
    error.map_or_else(|| format!("{text} is valid"), |error| error.to_string())
}

#[test]
fn states_each_error() {
    let home = "authors/id/T/TI/TIMLEGGE";
    let texts = [
        error::<Sha256Digest>("md5:00"),
        error::<Sha256Digest>("sha256:00"),
        PatternError::Syntax {
            pattern: "(".to_owned(),
            reason: "unclosed group".to_owned(),
        }
        .to_string(),
        PatternError::TooLong { found: 5000 }.to_string(),
        Wildcard::new("https://*/x").unwrap_err().to_string(),
        error::<PauseId>("x"),
        error::<PerlVersion>("one"),
        error::<PackageName>("Foo Bar"),
        error::<Subdirectory>(".git"),
        error::<ReleasePath>("TIMLEGGE/Foo-1.tar.gz"),
        error::<ReleasePath>(&format!("{home}/Foo-1.rar")),
        error::<ReleasePath>(&format!("{home}/Foo Bar-1.tar.gz")),
        PolicyError::TooLarge(300_000).to_string(),
        PolicyError::Syntax {
            line: 2,
            reason: "expected a value".to_owned(),
        }
        .to_string(),
        PolicyError::Section {
            line: 3,
            expected: "a PAUSE id",
            found: "x".to_owned(),
        }
        .to_string(),
        PolicyError::Value {
            line: 4,
            expected: "true or false",
            found: "a string".to_owned(),
        }
        .to_string(),
    ];
    insta::assert_snapshot!(texts.join("\n"));
}
