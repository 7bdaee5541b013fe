//! The test vectors of the standard about archives (2.6) and META (2.5.3).

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::io::Cursor;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use cpan_sigstore_archive::{Defect, Destination, Preflight, preflight};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    section: String,
    file: String,
    archive: String,
    finding: String,
}

/// Defects of an archive whose form is good.
const NAMES: &[Defect] = &[
    Defect::NameMismatch,
    Defect::MetaDisagree,
    Defect::MetaUnreadable,
    Defect::NameUnchecked,
    Defect::NameUnversioned,
];

fn found(case: &Case) -> Preflight {
    let bytes = STANDARD.decode(&case.archive).unwrap();
    preflight(&mut Cursor::new(bytes), &case.file, &Destination::default()).unwrap()
}

fn cases(text: &str) -> Vec<Case> {
    let cases: Vec<Case> = serde_json::from_str(text).unwrap();
    assert!(!cases.is_empty());
    cases
}

/// Fails with all cases for which the check returns another result than the standard states.
fn check(text: &str, is_right: impl Fn(&Case, &Preflight) -> bool) {
    let failures: Vec<String> = cases(text)
        .iter()
        .filter_map(|case| {
            let found = found(case);
            let shown = || format!("{} {}: {:#?}", case.section, case.name, found.defects);
            (!is_right(case, &found)).then(shown)
        })
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn refuses_other_archives_than_those_of_the_standard() {
    let text = include_str!("../../../docs/spec/vectors/archives.json");
    check(text, |case, found| {
        let is_about_names = found.defects.iter().any(|it| NAMES.contains(&it.code));
        match case.finding.as_str() {
            "trusted" => found.is_fit() && !is_about_names,
            "archive-hostile" => !found.is_fit(),
            _ => false,
        }
    });
}

#[test]
fn compares_meta_with_names_as_the_standard_does() {
    let text = include_str!("../../../docs/spec/vectors/meta.json");
    check(text, |case, found| {
        let has_version = found
            .release
            .as_ref()
            .is_some_and(|it| it.version().is_some());
        match case.finding.as_str() {
            "trusted" => found.is_fit() && found.states_name && has_version,
            "name-unchecked" => found.is_fit() && !(found.states_name && has_version),
            _ => !found.is_fit(),
        }
    });
}
