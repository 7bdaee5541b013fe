//! The worked examples of the standard, run as they are printed.

use std::fs;

use cpan_sigstore_records::record::AuthorRecord;

use super::*;

/// The text of a block with this title.
fn block(title: &str) -> String {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/spec/examples.md");
    let page = fs::read_to_string(page).unwrap();
    let mut found = page.split("\n```").filter_map(|part| {
        let (head, text) = part.split_once('\n')?;
        (head.split_once(" title=")?.1 == title).then(|| text.to_owned())
    });
    let text = found.next().unwrap_or_else(|| panic!("no block {title}"));
    assert_eq!(found.next(), None, "{title} twice");
    text
}

#[test]
fn reads_records_of_worked_example() {
    for version in [1, 2] {
        let text = block(&format!("TIMLEGGE-sigstore-identities-{version}.json"));
        let record = AuthorRecord::parse(text.as_bytes()).unwrap();
        assert_eq!(record.version(), version);
        let digest = block(&format!("digest-{version}"));
        assert_eq!(record.digest().to_string(), digest);
    }
}

#[test]
fn connects_chain_of_worked_example() {
    vectors::connects(&block("succession"));
}

#[test]
fn decides_worked_example() {
    for number in 1..=3 {
        vectors::decides(&block(&format!("decision-{number}")));
    }
}
