//! The README and the book agree with the program: codes, commands, links, and the tests that they name.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use cpan_sigstore_archive::Defect;
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

/// The texts between backticks in the last column of each row.
fn tests_named(threats: &str) -> Vec<&str> {
    threats
        .lines()
        .filter(|line| line.starts_with('|'))
        .filter_map(|line| line.trim_end_matches('|').rsplit('|').next())
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .collect()
}

#[test]
fn finds_every_cause_defect_and_test_of_threats() {
    let pages = [
        "docs/THREATS.md",
        "docs/threats/archives.md",
        "docs/threats/cpan-log.md",
        "docs/threats/pause.md",
    ];
    let threats = pages.map(|page| fs::read_to_string(root().join(page)).unwrap());
    let threats = threats.concat();
    let causes = Cause::ALL.iter().map(|cause| cause.code());
    let defects = Defect::ALL.iter().map(|code| code.as_str());
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
fn lists_every_exit_code_in_the_reference() {
    let page = fs::read_to_string(root().join("docs/reference/exit-codes.md")).unwrap();
    for code in [0, 1, 2, 3, 10, 11, 12, 13, 14, 15] {
        assert!(
            page.contains(&format!("\n| {code} | ")),
            "no row for {code}"
        );
    }
}

/// The README and all pages of the book.
fn pages() -> Vec<PathBuf> {
    fn collect(folder: &Path, pages: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, pages);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path);
            }
        }
    }
    let mut pages = vec![root().join("README.md"), root().join("CONTRIBUTING.md")];
    collect(&root().join("docs"), &mut pages);
    pages
}

/// The commands of this program in the shell blocks of a page, one a line.
fn commands(page: &str) -> Vec<String> {
    let mut commands = Vec::new();
    for block in page.split("\n```sh").skip(1) {
        let (_, rest) = block.split_once('\n').unwrap();
        let (script, _) = rest.split_once("\n```").unwrap();
        for line in script.replace("\\\n", " ").lines() {
            let line = line.trim().trim_end_matches("&&");
            let end = line.find(" #").or_else(|| line.find(" > "));
            let line = &line[..end.unwrap_or(line.len())];
            if line.starts_with("cpan-sigstore ") {
                commands.push(line.to_owned());
            }
        }
    }
    commands
}

#[test]
fn every_command_of_the_pages_is_one_of_the_program() {
    let mut seen = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for command in commands(&text) {
            seen += 1;
            // Only the arguments are read: the program shows its help and does nothing.
            let asked = match command.split_once(" -- ") {
                Some((before, client)) => format!("{before} --help -- {client}"),
                None => format!("{command} --help"),
            };
            let asked = asked.replacen("cpan-sigstore", env!("CARGO_BIN_EXE_cpan-sigstore"), 1);
            let output = Command::new("sh").args(["-c", &asked]).output().unwrap();
            assert!(
                output.status.success(),
                "{}: {command}\n{}",
                page.display(),
                String::from_utf8_lossy(&output.stderr)
            );
        }
    }
    assert!(seen > 40, "{seen} commands");
}

/// The links of a page to files here, each with its anchor or none.
fn links(page: &str) -> Vec<(&str, &str)> {
    page.split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .filter(|link| !link.contains("://") && !link.contains([' ', '`']))
        .map(|link| link.split_once('#').unwrap_or((link, "")))
        .collect()
}

/// The anchors of the headings of a page.
fn anchors(page: &str) -> Vec<String> {
    page.lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| {
            line.trim_start_matches('#')
                .trim()
                .to_lowercase()
                .chars()
                .filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c))
                .map(|c| if c == ' ' { '-' } else { c })
                .collect()
        })
        .collect()
}

#[test]
fn every_link_of_the_pages_leads_to_a_heading() {
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for (link, anchor) in links(&text) {
            let target = match link.is_empty() {
                true => page.clone(),
                false => page.parent().unwrap().join(link),
            };
            assert!(target.exists(), "{}: no {link}", page.display());
            if !anchor.is_empty() {
                let target = fs::read_to_string(&target).unwrap();
                assert!(
                    anchors(&target).iter().any(|own| own == anchor),
                    "{}: no {anchor} in {link}",
                    page.display()
                );
            }
        }
    }
}

#[test]
fn every_page_is_in_the_summary_of_the_book() {
    let summary = fs::read_to_string(root().join("docs/SUMMARY.md")).unwrap();
    let docs = root().join("docs");
    for page in pages() {
        let Ok(path) = page.strip_prefix(&docs) else {
            continue;
        };
        let path = path.to_str().unwrap();
        assert!(
            path == "SUMMARY.md" || summary.contains(&format!("]({path})")),
            "no line for {path}"
        );
    }
}
