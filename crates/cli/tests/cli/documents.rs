//! The documents say what is the case: every cause and defect has its row, and every test they name is there.

use std::{
    fs,
    path::{Path, PathBuf},
};

use cpan_sigstore_archive::Code;
use cpan_sigstore_core::cause::Cause;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// All Rust sources of the crates and of the runs against peers.
fn sources() -> String {
    fn collect(folder: &Path, text: &mut String) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, text);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                text.push_str(&fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut text = String::new();
    for folder in ["crates", "interop"] {
        collect(&root().join(folder), &mut text);
    }
    text
}

/// What stands between backticks in the last column of each row.
fn tests_named(threats: &str) -> Vec<&str> {
    threats
        .lines()
        .filter(|line| line.starts_with('|'))
        .filter_map(|line| line.trim_end_matches('|').rsplit('|').next())
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .collect()
}

#[test]
fn every_cause_defect_and_test_of_the_threats_is_there() {
    let threats = fs::read_to_string(root().join("docs/THREATS.md")).unwrap();
    let causes = Cause::ALL.iter().map(|cause| cause.code());
    let defects = Code::ALL.iter().map(|code| code.as_str());
    for code in causes.chain(defects) {
        let row = format!("| `{code}` |");
        assert!(threats.contains(&row), "no row for {code}");
    }
    let sources = sources();
    let named = tests_named(&threats);
    assert!(named.len() > Cause::ALL.len());
    for test in named {
        assert!(sources.contains(&format!("fn {test}(")), "no test {test}");
    }
}

#[test]
fn every_exit_code_stands_in_the_readme() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    for code in [0, 1, 2, 3, 10, 11, 12, 13, 14] {
        assert!(
            readme.contains(&format!("\n| {code} | ")),
            "no row for {code}"
        );
    }
}
