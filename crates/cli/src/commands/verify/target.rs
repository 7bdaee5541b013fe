//! What is to be verified: a release by its path, or by the name of a module in it.

use cpan_sigstore_core::release::{PauseId, ReleasePath, ReleasePathError};

/// A release that is fetched from a CPAN.
#[derive(Debug, PartialEq, Eq)]
pub enum Target {
    /// By its path.
    Release(ReleasePath),
    /// By a module that the index knows.
    Module(String),
}

/// Reads what was named, where it can be a release or a module.
pub fn parse(text: &str) -> Option<Target> {
    if is_module(text) {
        return Some(Target::Module(text.to_owned()));
    }
    release(text).ok().map(Target::Release)
}

/// Reads a release: `TIMLEGGE/[sub/]Foo-1.0.tar.gz`, or with `T/TI/` or `authors/id/T/TI/` before it.
///
/// # Errors
/// Where it is none.
pub fn release(text: &str) -> Result<ReleasePath, ReleasePathError> {
    let short = text.split_once('/').and_then(|(id, rest)| {
        let id: PauseId = id
            .parse()
            .ok()
            .filter(|parsed: &PauseId| parsed.as_str() == id)?;
        Some(format!("{}{rest}", id.directory()))
    });
    short.as_deref().unwrap_or(text).parse()
}

/// A local file as the release of an author.
///
/// # Errors
/// Where its name is no release's.
pub fn of_author(author: &PauseId, file_name: &str) -> Result<ReleasePath, ReleasePathError> {
    format!("{}{file_name}", author.directory()).parse()
}

/// Whether it is the name of a module, such as `Foo::Bar`.
fn is_module(text: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && text.split("::").all(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_and_modules_are_told_apart() {
        for text in [
            "TIMLEGGE/Foo-1.0.tar.gz",
            "T/TI/TIMLEGGE/Foo-1.0.tar.gz",
            "authors/id/T/TI/TIMLEGGE/Foo-1.0.tar.gz",
        ] {
            let path = "authors/id/T/TI/TIMLEGGE/Foo-1.0.tar.gz".parse().unwrap();
            assert_eq!(parse(text), Some(Target::Release(path)), "{text}");
        }
        assert!(matches!(
            parse("TIMLEGGE/sub/Foo-1.0.tar.gz"),
            Some(Target::Release(path)) if path.subdirectory.is_some()
        ));
        for text in ["Foo::Bar", "Foo", "_x::2"] {
            assert_eq!(parse(text), Some(Target::Module(text.into())));
        }
        for text in [
            "Foo-1.0.tar.gz",
            "./Foo-1.0.tar.gz",
            "timlegge/Foo-1.0.tar.gz",
            "TIMLEGGE/../OTHER/Foo-1.0.tar.gz",
            "Foo::",
            "::Foo",
            "-",
            "sha256:00",
            "",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
