//! The content of the next index, and the refused records.

use std::fs;

use super::operator::{Operator, STRANGER};
use crate::{
    fixtures::author::ID,
    harness::{AUTHOR, until},
};

fn line(text: &str, author: &str) -> String {
    let begin = format!("\"{author}\": ");
    let line = text.lines().find(|line| line.starts_with(&begin)).unwrap();
    line.trim_end_matches(',').to_owned()
}

#[test]
fn builds_index_and_reports_both_sides_of_conflict() {
    let operator = Operator::new();
    operator.build();
    let text = operator.text("index.json");
    let one = operator.first(ID, AUTHOR);
    // Another first version in the place of the author's, a second one by nobody who may, a third that
    // nothing leads to, and files that are no records.
    let directory = operator.cpan().join("authors/id/M/MY/MYAUTHOR");
    operator.put(&operator.first(ID, STRANGER), "stranger");
    let two = operator.next(&one, &[AUTHOR, STRANGER]);
    operator.put(&two, "stranger");
    operator.put(
        &operator.next(&operator.next(&two, &[STRANGER]), &[STRANGER]),
        "stranger",
    );
    fs::write(directory.join("MYAUTHOR-sigstore-identities-7.json"), "{}").unwrap();
    fs::write(directory.join("STRANGER-sigstore-identities-8.json"), "{}").unwrap();
    fs::create_dir(directory.join("MYAUTHOR-sigstore-identities-9.json")).unwrap();
    let built = operator.build();
    assert_eq!(built["unchanged"], true);
    assert_eq!(operator.text("index.json"), text);
    let refused: Vec<&str> = built["refused"]
        .as_array()
        .unwrap()
        .iter()
        .map(|refused| refused["code"].as_str().unwrap())
        .collect();
    assert_eq!(
        refused,
        [
            "second-first",
            "signer-not-listed",
            "waiting",
            "record-invalid"
        ]
    );
    let conflict = &built["refused"][0];
    assert!(
        conflict["found"]["signer"]
            .as_str()
            .unwrap()
            .contains(STRANGER)
    );
    assert!(
        conflict["known"]["signer"]
            .as_str()
            .unwrap()
            .contains(AUTHOR)
    );

    // The text for people has the same.
    let args = ["build", "--cpan", "cpan", "--previous", "index.json"];
    let told = operator
        .index(&args)
        .exits(0)
        .snapshot("index/builds_index_and_reports_both_sides_of_conflict")
        .stdout;
    assert!(
        told.contains("second-first: authors/id/M/MY/MYAUTHOR/"),
        "{told}"
    );

    // A record that is gone stands.
    fs::remove_dir_all(directory).unwrap();
    let built = operator.build();
    assert_eq!(built["unchanged"], true);
    assert_eq!(built["vanished"].as_array().unwrap().len(), 1);
    assert_eq!(operator.text("index.json"), text);
}

#[test]
fn rebuilds_index_without_reading_unchanged_records() {
    let operator = Operator::new();
    operator.put(&operator.first("OTHER", STRANGER), "stranger");
    fs::create_dir_all(operator.cpan().join("authors/id/N/NO/NONE")).unwrap();
    let built = operator.build();
    assert_eq!(
        (&built["authors"], &built["verified"]),
        (&3.into(), &2.into())
    );
    let one = operator.text("index.json");
    // As soon as the clock of the file system could tell a change.
    until(|| operator.build()["looked-at"] == 0);
    assert_eq!(operator.text("index.json"), one);

    let two = operator.next(&operator.first(ID, AUTHOR), &[AUTHOR, STRANGER]);
    let path = operator.put(&two, "author");
    let built = operator.build();
    assert_eq!(
        (&built["number"], &built["looked-at"]),
        (&2.into(), &1.into())
    );
    let text = operator.text("index.json");
    assert_eq!(line(&text, "OTHER"), line(&one, "OTHER"));
    assert_ne!(line(&text, ID), line(&one, ID));

    // A file that is written over in its place, by another of the same size.
    until(|| operator.build()["looked-at"] == 0);
    let bytes = fs::read(&path).unwrap();
    let mut other = bytes.clone();
    *other.last_mut().unwrap() = b']';
    fs::write(&path, other).unwrap();
    let built = operator.build();
    assert_eq!(built["refused"][0]["code"], "record-invalid", "{built:#}");
    assert_eq!(operator.text("index.json"), text);

    operator.world.write("one.json", one.as_bytes());
    let told = operator
        .index(&["diff", "one.json", "index.json"])
        .exits(0)
        .snapshot("index/rebuilds_index_without_reading_unchanged_records")
        .stdout;
    assert!(told.contains("MYAUTHOR: version 2 after 1"), "{told}");
    assert!(told.contains(&format!("+ {STRANGER}")), "{told}");
    let json = operator
        .index(&["diff", "one.json", "index.json", "--json"])
        .exits(0)
        .json();
    assert_eq!(json["authors"][0]["to"], 2);
}

#[test]
fn builds_same_index_over_http() {
    let operator = Operator::new();
    let record = operator.first(ID, AUTHOR);
    let publish = |record: &cpan_sigstore_records::record::AuthorRecord| {
        let bundle = operator.world.sign_bytes("author", record.json());
        let name = record.name().to_string();
        operator.world.publish(&name, record.json());
        operator
            .world
            .publish(&format!("{name}.sigstore.json"), &bundle);
    };
    publish(&record);
    let pause = &operator.world.sandbox.pause;
    operator
        .world
        .publish("old", b"a file of which RECENT can tell");
    assert!(pause.delete(ID, "old"));
    let built = operator.index(&["build", "--json"]).exits(0).json();
    assert_eq!(built["verified"], 1, "{built:#}");
    assert_eq!(built["looked-at"], built["authors"]);

    // The files RECENT tell that nothing has happened, and then to whom something has.
    let again = || {
        operator
            .index(&["build", "--previous", "index.json", "--json"])
            .exits(0)
            .json()
    };
    assert_eq!(again()["looked-at"], 0);
    assert!(pause.delete(ID, &format!("{}.sigstore.json", record.name())));
    let built = again();
    assert_eq!(built["looked-at"], 1, "{built:#}");
    assert_eq!(built["refused"][0]["code"], "record-unsigned");
    assert_eq!(built["unchanged"], true);

    // If RECENT files do not state the changes, every author is fetched.
    publish(&record);
    publish(&operator.next(&record, &[AUTHOR, STRANGER]));
    let built = again();
    assert_eq!(built["looked-at"], built["authors"], "{built:#}");
    assert_eq!(built["changes"]["authors"][0]["to"], 2, "{built:#}");
}
