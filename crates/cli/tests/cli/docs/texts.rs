//! Every code and every error appears in a snapshot, so that its text is reviewed.

use std::{fs, path::Path};

use cpan_sigstore_archive::Defect;
use cpan_sigstore_core::{cause::Cause, finding::Finding};
use cpan_sigstore_monitor::AlertCode;

/// Codes without a snapshot of the program's output, and why.
const EXCUSED: &[(&str, &str)] = &[
    (
        "statement-kind",
        "the sandbox signs no statement; bundles of public instances cover it",
    ),
    (
        "path-too-long",
        "it depends on the author, whom `check` knows by a flag; its own tests cover it",
    ),
];

/// All snapshots below a folder but the help, in one text.
fn snapshots(folder: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.ends_with("help") {
            continue;
        }
        if path.is_dir() {
            text.push_str(&snapshots(&path));
        } else if path
            .extension()
            .is_some_and(|extension| extension == "snap")
        {
            text.push_str(&fs::read_to_string(path).unwrap());
        }
    }
    text
}

#[test]
fn finds_every_code_in_a_snapshot() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/snapshots");
    let text = snapshots(&folder);
    let findings = Finding::ALL.iter().map(|finding| finding.code());
    let findings = findings.map(|code| (code, format!("\n{code}")));
    let alerts = AlertCode::ALL.iter().map(|alert| alert.code());
    let alerts = alerts.map(|code| (code, format!("\"{code}\"")));
    let causes = Cause::ALL.iter().map(|cause| cause.code());
    let causes = causes.map(|code| (code, format!("({code})")));
    let defects = Defect::ALL.iter().map(|code| code.as_str());
    let defects = defects.map(|code| (code, format!(" {code}\n")));
    let all = findings.chain(alerts).chain(causes).chain(defects);
    let missing: Vec<_> = all
        .filter(|(_, sign)| !text.contains(sign))
        .map(|(code, _)| code)
        .collect();
    let excused: Vec<_> = EXCUSED.iter().map(|(code, _)| *code).collect();
    assert_eq!(
        missing, excused,
        "codes without a snapshot, and the excused"
    );
}

/// The errors of all crates: where each is, and its text, as the sources state it.
fn error_texts(folder: &Path, texts: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            error_texts(&path, texts);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = fs::read_to_string(&path).unwrap();
            for attribute in source.split("#[error(").skip(1) {
                // The others are `transparent`.
                if let Some(text) = attribute.trim_start().strip_prefix('"') {
                    texts.push((path.display().to_string(), literal(text)));
                }
            }
        }
    }
}

/// A string literal, from behind its first quotation mark.
fn literal(source: &str) -> String {
    let mut text = String::new();
    let mut characters = source.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' => text.extend(characters.next()),
            other => text.push(other),
        }
    }
    text
}

/// The parts of a format string around its values.
fn parts(format: &str) -> Vec<String> {
    let format = format.replace("{{", "\u{1}").replace("}}", "\u{2}");
    let parts = format.split('{').enumerate().map(|(index, part)| {
        let part = match part.split_once('}') {
            Some((_, after)) if index > 0 => after,
            _ => part,
        };
        part.replace('\u{1}', "{").replace('\u{2}', "}")
    });
    parts.filter(|part| !part.is_empty()).collect()
}

/// Whether a line has all parts in their order.
fn has_parts(line: &str, parts: &[String]) -> bool {
    let mut rest = line;
    parts
        .iter()
        .all(|part| match rest.split_once(part.as_str()) {
            Some((_, after)) => {
                rest = after;
                true
            }
            None => false,
        })
}

#[test]
fn finds_every_error_in_a_snapshot() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut texts = Vec::new();
    for entry in fs::read_dir(crates).unwrap() {
        let path = entry.unwrap().path();
        // These are no part of the product.
        if !path.ends_with("sandbox") && !path.ends_with("testkit") {
            error_texts(&path.join("src"), &mut texts);
        }
    }
    let snapshot = snapshots(crates);
    let is_in_snapshot = |text: &str| snapshot.lines().any(|line| has_parts(line, &parts(text)));
    texts.retain(|(_, text)| !is_in_snapshot(text));
    assert!(
        texts.is_empty(),
        "errors in no snapshot; add each to `src/tests.rs` of its crate: {texts:#?}"
    );
}

/// The beginnings of a message that says what failed.
const MESSAGES: [&str; 4] = ["error: ", "refused: ", "missing: ", "closed: "];

/// The messages of a snapshot: each begins with one of the words, and ends before another one, or before a
/// statement of another kind.
fn messages(text: &str) -> Vec<Vec<&str>> {
    let mut messages: Vec<Vec<&str>> = Vec::new();
    let mut is_open = false;
    for line in text.lines() {
        if MESSAGES.iter().any(|word| line.starts_with(word)) {
            messages.push(Vec::new());
            is_open = true;
        } else if !line.starts_with("hint: ") && !line.starts_with("  ") {
            is_open = false;
        }
        if let Some(message) = messages.last_mut().filter(|_| is_open) {
            message.push(line);
        }
    }
    messages
}

/// What failed, why, and what to do. The usage of a command is the argument parser's.
#[test]
fn states_each_failure_in_three_lines() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/snapshots");
    let text = snapshots(&folder);
    let all = messages(&text);
    assert!(all.len() > 100, "{}", all.len());
    let long: Vec<_> = all.iter().filter(|message| message.len() > 3).collect();
    assert!(long.is_empty(), "{long:#?}");
}

/// The lines below the headlines of reports that refuse a file. Hints are on standard error, so they follow.
fn reports(text: &str) -> Vec<Vec<&str>> {
    let is_headline = |line: &str| {
        let (word, file) = line.split_once(": ").unwrap_or_default();
        let code = word.split(' ').next().unwrap_or_default();
        let is_finding = |finding: &Finding| finding.code() == code;
        let is_refused = code != "trusted" && !word.ends_with(", allowed");
        // An audit of a log lists files, with the difference on the same line.
        Finding::ALL.iter().any(is_finding) && is_refused && !file.contains(' ')
    };
    let mut reports: Vec<Vec<&str>> = Vec::new();
    let mut is_open = false;
    for line in text.lines() {
        if is_headline(line) {
            reports.push(Vec::new());
            is_open = true;
        } else if !line.starts_with("  ") {
            is_open = false;
        } else if let Some(report) = reports.last_mut().filter(|_| is_open) {
            report.push(line);
        }
    }
    reports
}

/// Whether a line says why, or continues one that does.
fn is_reason(line: &&&str) -> bool {
    ["  expected ", "  found ", "            "]
        .iter()
        .any(|label| line.starts_with(label))
}

/// The first three lines: what failed, and why in one or two. All facts follow. Only the alternatives of a long value
/// are on lines of their own.
#[test]
fn states_first_why_a_release_is_refused() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/snapshots");
    let all = snapshots(&folder);
    let reports = reports(&all);
    assert!(reports.len() > 80, "{}", reports.len());
    let is_wrong = |report: &&Vec<&str>| {
        let reasons = report.iter().take_while(is_reason).count();
        let labels = report.iter().filter(|line| !line.starts_with("   "));
        let reasons_anywhere = labels.filter(is_reason).count();
        let first = report.iter().take(reasons);
        let first = first.filter(|line| !line.starts_with("   ")).count();
        !(1..=2).contains(&first) || first != reasons_anywhere
    };
    let wrong: Vec<_> = reports.iter().filter(is_wrong).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Each snapshot with a refused release says what to do.
#[test]
fn advises_on_each_refused_release() {
    fn files(folder: &Path, found: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("help") {
                files(&path, found);
            } else if path.is_file() {
                found.push((
                    path.display().to_string(),
                    fs::read_to_string(path).unwrap(),
                ));
            }
        }
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/snapshots");
    let mut found = Vec::new();
    files(&folder, &mut found);
    found.retain(|(_, text)| !reports(text).is_empty() && !text.contains("\nhint: "));
    let silent: Vec<_> = found.iter().map(|(path, _)| path).collect();
    assert!(silent.is_empty(), "{silent:#?}");
}

#[test]
fn finds_reports_and_their_reasons() {
    let text = "exit: 10\nunsigned: a\n  expected  b\n            c\n  found     d\n  because   e\nhint: f\n  g\n\
                trusted: h\n  signer    i\nunsigned, allowed: j\n  release   k\n";
    let found = reports(text);
    assert_eq!(
        found,
        [vec![
            "  expected  b",
            "            c",
            "  found     d",
            "  because   e"
        ]]
    );
    let reasons = found[0].iter().take_while(is_reason).count();
    assert_eq!(reasons, 3);
}

#[test]
fn finds_messages_of_more_than_three_lines() {
    let text = "exit: 1\nerror: a\nhint: b\n  c\n  d\nsigned\n  e\nclosed: f\n";
    let found = messages(text);
    assert_eq!(
        found,
        [vec!["error: a", "hint: b", "  c", "  d"], vec!["closed: f"]]
    );
}

#[test]
fn compares_texts_by_their_parts() {
    let parts = parts("cannot read {}: {source} `}};`");
    assert_eq!(parts, ["cannot read ", ": ", " `};`"]);
    assert!(has_parts("error: cannot read a: b `};`", &parts));
    assert!(!has_parts("cannot write a: b `};`", &parts));
    assert_eq!(literal(r#"a \"b\" c", more"#), r#"a "b" c"#);
}
