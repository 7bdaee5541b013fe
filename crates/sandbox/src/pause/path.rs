//! Paths of uploads under `authors/id`, by PAUSE's rules.

use std::sync::LazyLock;

use regex::Regex;

/// Longest path that the database accepts, in characters.
pub(super) const LONGEST_PATH: usize = 255;

/// Names that may be uploaded again.
static REPLACEABLE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let names = r"(?i)(readme|\.html|\.txt|\.[xy]ml|\.json|\.[pr]df|\.pod)(\.gz|\.bz2)?$";
    Regex::new(names).ok()
});

/// Returns an author's folder, such as `M/MY/MYAUTHOR`.
pub(super) fn home(author: &str) -> String {
    let start = |length| author.get(..length).unwrap_or(author);
    format!("{}/{}/{author}", start(1), start(2))
}

/// Returns the path of an author's file, from clean names.
pub(super) fn of(author: &str, subdirectory: &str, name: &str) -> String {
    if subdirectory.is_empty() {
        format!("{}/{name}", home(author))
    } else {
        format!("{}/{subdirectory}/{name}", home(author))
    }
}

/// Returns the file name that PAUSE derives from a sent name: without folders and without forbidden
/// characters.
pub(super) fn clean_name(sent: &str) -> String {
    let base = sent.rsplit(['/', '\\', ':']).next().unwrap_or(sent);
    base.chars().filter(|&c| c == '.' || allowed(c)).collect()
}

/// Returns the subdirectory that PAUSE derives from a sent name. It has no dot, and hence no `..`.
pub(super) fn clean_subdirectory(sent: &str) -> String {
    let kept: String = sent.chars().filter(|&c| c == '/' || allowed(c)).collect();
    let folders: Vec<_> = kept
        .split('/')
        .filter(|folder| !folder.is_empty())
        .collect();
    folders.join("/")
}

/// Returns whether a file of this name may be uploaded again.
pub(super) fn is_replaceable(name: &str) -> bool {
    REPLACEABLE
        .as_ref()
        .is_some_and(|names| names.is_match(name))
}

/// Returns folder and name of a path.
pub(super) fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// Returns the PAUSE id in a path such as `M/MY/MYAUTHOR/Foo-1.0.tar.gz`.
pub(super) fn author(path: &str) -> &str {
    path.split('/').nth(2).unwrap_or_default()
}

fn allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '@' | '+')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removes_folders_and_forbidden_characters_from_names() {
        assert_eq!(clean_name(r"C:\x\Foo Bar-1.0~.tar.gz"), "FooBar-1.0.tar.gz");
        assert_eq!(clean_name("a/b/Foo+@_-1.tgz"), "Foo+@_-1.tgz");
        assert_eq!(clean_subdirectory("//a/../b.c//d/"), "a/bc/d");
    }

    #[test]
    fn allows_replacing_bundles_but_not_archives() {
        for name in ["Foo-1.tar.gz.sigstore.json", "README", "x.YML.gz", "a.pdf"] {
            assert!(is_replaceable(name), "{name}");
        }
        for name in ["Foo-1.tar.gz", "Foo-1.json.tar.gz", "Foo.sigstore", "xjson"] {
            assert!(!is_replaceable(name), "{name}");
        }
    }
}
