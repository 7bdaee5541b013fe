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
fn reports_new_record_version_with_differences() {
    let (watched, first) = Watched::enrolled();
    let next = watched.record(Some(&first), &[AUTHOR, COLLEAGUE]);
    watched.enroll("author", &next);
    let told = watched.reports_once("record-added-1", "record-added", 0);
    assert_eq!(
        (&told["path"], &told["severity"]),
        (&of(2).into(), &"notice".into())
    );
    let details = told["details"].to_string();
    assert!(details.contains(&format!("+ {COLLEAGUE}")), "{details}");
}

#[test]
fn reports_second_first_record_as_conflict() {
    let (watched, first) = Watched::enrolled();
    watched.enroll("stranger", &watched.record(None, &[STRANGER]));
    let told = watched.reports_once("record-conflict-1", "record-conflict", 12);
    assert!(told["details"].to_string().contains("second-first"));
    assert!(told["expected"].as_str().unwrap().contains("author@"));
    assert!(told["found"].as_str().unwrap().contains("stranger@"));
    // The author's next version follows on the one that is known.
    watched.enroll(
        "author",
        &watched.record(Some(&first), &[AUTHOR, COLLEAGUE]),
    );
    watched.reports_once("record-added-2", "record-added", 0);
}

#[test]
fn reports_forked_record_as_conflict() {
    let (watched, first) = Watched::enrolled();
    let next = watched.record(Some(&first), &[AUTHOR, COLLEAGUE]);
    watched.enroll("author", &next);
    watched.reports_once("record-added-3", "record-added", 0);
    watched.enroll("author", &watched.record(Some(&first), &[AUTHOR, STRANGER]));
    let told = watched.reports_once("record-conflict-2", "record-conflict", 12);
    assert!(told["details"].to_string().contains("fork"), "{told:#}");
}

#[test]
fn reports_record_of_unauthorized_signer() {
    let (watched, first) = Watched::enrolled();
    let next = watched.record(Some(&first), &[STRANGER]);
    watched.enroll("stranger", &next);
    let told = watched.reports_once("record-refused-1", "record-refused", 12);
    assert!(told["details"].to_string().contains("signer-not-listed"));
    assert!(told["expected"].as_str().unwrap().contains("author@"));
    // And nothing at all is no better.
    watched.delete(&format!("{}.sigstore.json", name(2)));
    watched.reports_once("record-refused-2", "record-refused", 12);
}

#[test]
fn reports_dropped_and_replaced_records() {
    let (watched, first) = Watched::enrolled();
    watched.world.publish(&name(1), b"{}");
    watched.reports_once("record-replaced", "record-replaced", 12);
    watched.enroll("author", &first);
    assert!(watched.reports(0).is_empty());
    watched.delete(&format!("{}.sigstore.json", name(1)));
    watched.reports_once("record-dropped-1", "record-dropped", 13);
    watched.enroll("author", &first);
    assert!(watched.reports(0).is_empty());
    watched.delete(&name(1));
    let told = watched.reports_once("record-dropped-2", "record-dropped", 13);
    assert_eq!(told["path"], of(1));
}

#[test]
fn reports_first_record_of_unknown_signer() {
    let watched = Watched::begun();
    watched.enroll("stranger", &watched.record(None, &[STRANGER]));
    let told = watched.reports_once("record-conflict-3", "record-conflict", 12);
    assert!(told["expected"].as_str().unwrap().contains("author@"));
    // The author's own in its place is as good as ever.
    watched.enroll("author", &watched.record(None, &[AUTHOR]));
    watched.reports_once("record-added-4", "record-added", 0);
}

#[test]
fn starts_from_records_in_trust_store() {
    let watched = Watched::new();
    watched.world.publish_release("1.02");
    let record = watched.record(None, &[AUTHOR]);
    watched.enroll("author", &record);
    watched
        .world
        .verify(&["MYAUTHOR/Foo-Bar-1.02.tar.gz"])
        .exits(0)
        .snapshot("watch/starts_from_records_in_trust_store");
    watched.enroll("stranger", &watched.record(None, &[STRANGER]));
    let told = watched.reports_once("record-conflict-4", "record-conflict", 12);
    assert!(told["expected"].as_str().unwrap().contains("author@"));
    watched.enroll("author", &record);
    assert!(watched.reports(0).is_empty());
}

#[test]
fn accepts_release_signer_named_in_record() {
    let watched = Watched::new();
    watched.world.publish_release("1.02");
    let record = watched.record(None, &[AUTHOR, STRANGER]);
    watched.enroll("stranger", &record);
    assert!(watched.reports(0).is_empty());
    watched.enroll("author", &watched.record(Some(&record), &[AUTHOR]));
    watched.reports_once("record-added-5", "record-added", 0);
}

#[test]
fn makes_no_first_record_known_by_watching() {
    let watched = Watched::new();
    watched.world.publish_release("1.02");
    watched.enroll("stranger", &watched.record(None, &[AUTHOR, STRANGER]));
    for _ in 0..2 {
        assert!(watched.reports(0).is_empty());
        let ran = watched.world.run(&["trust", "list", "--json"]).exits(0);
        assert!(!ran.stdout.contains("identities-1"), "{ran:#?}");
        assert_eq!(ran.json()["author-records"], serde_json::json!([]));
    }
    // It is known to the watch, and its rival is a conflict.
    watched.enroll("author", &watched.record(None, &[AUTHOR]));
    watched.reports_once("record-conflict-5", "record-conflict", 12);
}

#[test]
fn reports_fork_of_record_that_only_the_watch_has_seen() {
    let (watched, first) = Watched::enrolled();
    let next = watched.record(Some(&first), &[AUTHOR, COLLEAGUE]);
    watched.enroll("author", &next);
    watched.reports_once("record-added-6", "record-added", 0);
    watched.delete(&name(2));
    watched.delete(&format!("{}.sigstore.json", name(2)));
    watched.reports_once("record-dropped-3", "record-dropped", 13);
    watched.enroll("author", &watched.record(Some(&first), &[AUTHOR, STRANGER]));
    watched.reports_once("record-conflict-6", "record-conflict", 12);
}

#[test]
fn reports_new_record_that_verify_saw_first() {
    let watched = Watched::begun();
    watched.enroll("author", &watched.record(None, &[AUTHOR]));
    let release = ["MYAUTHOR/Foo-Bar-1.02.tar.gz"];
    watched.world.verify(&release).exits(0);
    watched.reports_once("record-added-7", "record-added", 0);
}
