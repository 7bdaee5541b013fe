//! What can happen to author records.

use super::watched::{Watched, path};
use crate::harness::AUTHOR;

/// Somebody who has the password of the author's account at PAUSE.
const STRANGER: &str = "stranger@example.net";
/// Somebody whom the author lets sign.
const COLLEAGUE: &str = "colleague@example.org";

/// A record's path, by its version.
fn of(version: u32) -> String {
    path(&name(version))
}

fn name(version: u32) -> String {
    format!("MYAUTHOR-sigstore-identities-{version}.json")
}

#[test]
fn a_new_version_is_a_notice_with_its_differences() {
    let (watched, first) = Watched::enrolled();
    let next = watched.record(Some(&first), &[AUTHOR, COLLEAGUE]);
    watched.enroll("author", &next);
    let told = watched.told_once("record-added", 0);
    assert_eq!(
        (&told["path"], &told["severity"]),
        (&of(2).into(), &"notice".into())
    );
    let details = told["details"].to_string();
    assert!(details.contains(&format!("+ {COLLEAGUE}")), "{details}");
}

#[test]
fn a_second_first_record_is_a_conflict_and_the_known_one_stands() {
    let (watched, first) = Watched::enrolled();
    watched.enroll("stranger", &watched.record(None, &[STRANGER]));
    let told = watched.told_once("record-conflict", 12);
    assert!(told["details"].to_string().contains("second-first"));
    assert!(told["expected"].as_str().unwrap().contains("author@"));
    assert!(told["found"].as_str().unwrap().contains("stranger@"));
    // The author's next version follows on the one that is known.
    watched.enroll(
        "author",
        &watched.record(Some(&first), &[AUTHOR, COLLEAGUE]),
    );
    watched.told_once("record-added", 0);
}

#[test]
fn a_fork_is_a_conflict() {
    let (watched, first) = Watched::enrolled();
    let next = watched.record(Some(&first), &[AUTHOR, COLLEAGUE]);
    watched.enroll("author", &next);
    watched.told_once("record-added", 0);
    watched.enroll("author", &watched.record(Some(&first), &[AUTHOR, STRANGER]));
    let told = watched.told_once("record-conflict", 12);
    assert!(told["details"].to_string().contains("fork"), "{told:#}");
}

#[test]
fn a_version_that_nobody_signed_who_may_is_refused() {
    let (watched, first) = Watched::enrolled();
    let next = watched.record(Some(&first), &[STRANGER]);
    watched.enroll("stranger", &next);
    let told = watched.told_once("record-refused", 12);
    assert!(told["details"].to_string().contains("signer-not-listed"));
    assert!(told["expected"].as_str().unwrap().contains("author@"));
    // And nothing at all is no better.
    watched.delete(&format!("{}.sigstore.json", name(2)));
    watched.told_once("record-refused", 12);
}

#[test]
fn a_record_that_is_dropped_or_replaced_is_told() {
    let (watched, first) = Watched::enrolled();
    watched.shop.publish(&name(1), b"{}");
    watched.told_once("record-replaced", 12);
    watched.enroll("author", &first);
    assert!(watched.told(0).is_empty());
    watched.delete(&format!("{}.sigstore.json", name(1)));
    watched.told_once("record-dropped", 13);
    watched.enroll("author", &first);
    assert!(watched.told(0).is_empty());
    watched.delete(&name(1));
    let told = watched.told_once("record-dropped", 13);
    assert_eq!(told["path"], of(1));
}

#[test]
fn a_first_record_by_somebody_who_signed_no_release_is_a_conflict() {
    let watched = Watched::begun();
    watched.enroll("stranger", &watched.record(None, &[STRANGER]));
    let told = watched.told_once("record-conflict", 12);
    assert!(told["expected"].as_str().unwrap().contains("author@"));
    // The author's own in its place is as good as ever.
    watched.enroll("author", &watched.record(None, &[AUTHOR]));
    watched.told_once("record-added", 0);
}

#[test]
fn what_the_gate_knew_before_stands_at_the_first_look() {
    let watched = Watched::new();
    watched.shop.release("1.02");
    let record = watched.record(None, &[AUTHOR]);
    watched.enroll("author", &record);
    watched
        .shop
        .verify(&["MYAUTHOR/Foo-Bar-1.02.tar.gz"])
        .exits(0);
    watched.enroll("stranger", &watched.record(None, &[STRANGER]));
    let told = watched.told_once("record-conflict", 12);
    assert!(told["expected"].as_str().unwrap().contains("author@"));
    watched.enroll("author", &record);
    assert!(watched.told(0).is_empty());
}

#[test]
fn a_record_names_who_signs_releases_though_another_of_its_identities_signed_it() {
    let watched = Watched::new();
    watched.shop.release("1.02");
    let record = watched.record(None, &[AUTHOR, STRANGER]);
    watched.enroll("stranger", &record);
    assert!(watched.told(0).is_empty());
    watched.enroll("author", &watched.record(Some(&record), &[AUTHOR]));
    watched.told_once("record-added", 0);
}
