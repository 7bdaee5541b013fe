//! The written pages, as `man` and `bash` read them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

fn written() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    cpan_sigstore_pages::write(folder.path()).unwrap();
    folder
}

/// The files below a folder, sorted.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The text of these pages as a reader sees it.
fn shown(pages: &[PathBuf]) -> String {
    let output = Command::new("man")
        .args(["--warnings", "--no-hyphenation", "--local-file"])
        .args(pages)
        .env("LC_ALL", "C.UTF-8")
        .env("MANWIDTH", "120")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let warnings = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && warnings.is_empty(), "{warnings}");
    text
}

#[test]
fn man_shows_every_page_without_warning() {
    let folder = written();
    let man = folder.path().join("man");
    let pages = files(&man);
    assert!(pages.len() > 40, "{pages:?}");
    let text = shown(&pages);
    for heading in ["NAME", "SYNOPSIS", "DESCRIPTION", "SEE ALSO"] {
        let count = text.lines().filter(|line| *line == heading).count();
        assert_eq!(count, pages.len(), "{heading}");
    }
    // Each page that another one names, in its own section or among its commands.
    let names = text.split(|c: char| !c.is_ascii_alphanumeric() && !"-.()".contains(c));
    let links = names.filter_map(|word| {
        let (name, section) = word
            .trim_end_matches('.')
            .strip_suffix(')')?
            .split_once('(')?;
        name.starts_with("cpan-sigstore").then_some((name, section))
    });
    let mut count = 0;
    for (name, section) in links {
        let linked = man.join(format!("man{section}/{name}.{section}"));
        assert!(linked.is_file(), "no page {name}({section})");
        count += 1;
    }
    assert!(count > 80, "{count}");
}

#[test]
fn page_of_a_command_has_its_flags() {
    let folder = written();
    let text = shown(&[folder.path().join("man/man1/cpan-sigstore-verify.1")]);
    assert!(text.contains("--certificate-identity"), "{text}");
}

#[test]
fn no_page_or_completion_has_a_hidden_command() {
    let folder = written();
    for file in files(folder.path()) {
        let text = fs::read_to_string(&file).unwrap().replace('\\', "");
        assert!(!text.contains("sign-bundle"), "{file:?}");
    }
}

/// The keys in the tables of the book's page about the policy.
fn documented_keys() -> Vec<String> {
    let book = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/install/policy.md");
    let book = fs::read_to_string(book).unwrap();
    let keys = book.lines().filter_map(|line| {
        let (key, _) = line.strip_prefix("| `")?.split_once("` |")?;
        Some(key.to_owned())
    });
    keys.collect()
}

#[test]
fn policy_page_has_every_key_of_the_book() {
    let folder = written();
    let page = folder.path().join("man/man5/cpan-sigstore-policy.toml.5");
    let text = shown(&[page]);
    let keys = documented_keys();
    assert!(keys.len() > 20, "{keys:?}");
    for key in keys {
        let is_entry = text
            .lines()
            .any(|line| line.split_whitespace().next() == Some(&key));
        assert!(is_entry, "no {key} in\n{text}");
    }
}

/// The words that bash offers for the last word of a command line.
fn completed(folder: &Path, words: &[&str]) -> Vec<String> {
    let script = folder.join("completions/cpan-sigstore.bash");
    let complete = r#"
        . "$1"; shift
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
        previous=${COMP_WORDS[COMP_CWORD - 1]}
        function=$(complete -p cpan-sigstore | sed -n 's/.*-F \([^ ]*\).*/\1/p')
        "$function" cpan-sigstore "${COMP_WORDS[COMP_CWORD]}" "$previous"
        printf '%s\n' "${COMPREPLY[@]}""#;
    let mut bash = Command::new("bash");
    bash.args(["--norc", "-ec", complete, "bash"])
        .arg(script)
        .args(words);
    let output = bash.output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{errors}");
    let words = String::from_utf8(output.stdout).unwrap();
    words.lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_and_flags() {
    let folder = written();
    assert_eq!(
        completed(folder.path(), &["cpan-sigstore", "ver"]),
        ["verify"]
    );
    assert_eq!(
        completed(
            folder.path(),
            &["cpan-sigstore", "author", "trusted-publisher", "l"]
        ),
        ["list"]
    );
    assert_eq!(
        completed(
            folder.path(),
            &["cpan-sigstore", "verify", "--certificate-id"]
        ),
        ["--certificate-identity", "--certificate-identity-regexp"]
    );
}

#[test]
fn two_runs_write_the_same_bytes() {
    let (one, other) = (written(), written());
    let names = |folder: &TempDir| {
        let files = files(folder.path());
        let strip = |path: &PathBuf| path.strip_prefix(folder.path()).unwrap().to_owned();
        files.iter().map(strip).collect::<Vec<_>>()
    };
    assert_eq!(names(&one), names(&other));
    for name in names(&one) {
        let bytes = |folder: &TempDir| fs::read(folder.path().join(&name)).unwrap();
        assert_eq!(bytes(&one), bytes(&other), "{name:?}");
    }
}
