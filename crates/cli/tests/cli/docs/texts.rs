//! Every code appears in a snapshot, so that its text is reviewed.

use std::{fs, path::Path};

use cpan_sigstore_archive::Defect;
use cpan_sigstore_core::cause::Cause;

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

/// Findings of `verify`.
const FINDINGS: &[&str] = &[
    "trusted",
    "unsigned",
    "downgrade",
    "signature-invalid",
    "identity-mismatch",
    "identity-retired",
    "identity-unknown",
    "identity-changed",
    "owner-changed",
    "release-rolled-back",
    "name-mismatch",
    "archive-hostile",
    "unavailable",
];

/// Alerts of `watch`.
const ALERTS: &[&str] = &[
    "unsigned-release",
    "foreign-signature",
    "invalid-signature",
    "unfit-archive",
    "archive-replaced",
    "bundle-replaced",
    "bundle-dropped",
    "record-replaced",
    "record-dropped",
    "record-conflict",
    "record-refused",
    "record-added",
    "bundle-renewed",
    "signed-belatedly",
    "first-signature",
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
    let findings = FINDINGS.iter().map(|code| (*code, format!("\n{code}")));
    let alerts = ALERTS.iter().map(|code| (*code, format!("\"{code}\"")));
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
