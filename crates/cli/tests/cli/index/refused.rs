//! Indexes that are not the operator's, older than one that was seen, or of another history.

use std::fs;

use super::operator::{OPERATOR, Operator, STRANGER};
use crate::{harness::AUTHOR, pause::author::ID};

#[test]
fn an_index_signed_by_somebody_else_or_changed_is_not_used() {
    let operator = Operator::new();
    operator.build();
    operator.use_it().exits(3);
    operator.sign("index.json").exits(0);
    operator.use_by(STRANGER).exits(12);
    let status = operator.index(&["status", "--json"]).exits(0).json();
    assert!(status["operator"].is_null());
    // Within a name that people write down, nothing else may stand.
    for (url, identity) in [
        ("http://operator.example/i.json", OPERATOR),
        ("file:///x", "*@x"),
    ] {
        operator
            .index(&["use", url, "--identity", identity, "--issuer", "https://x"])
            .exits(2);
    }
    let text = operator.text("index.json");
    operator
        .shop
        .user
        .write("index.json", text.replace("\n}\n", "\n}\n\n").as_bytes());
    operator.use_it().exits(11);
    operator.index(&["status"]).exits(0);
    let issuer = operator.shop.user.issuer();
    let args = [
        "verify",
        "index.json",
        "--identity",
        OPERATOR,
        "--issuer",
        &issuer,
    ];
    operator.index(&args).exits(11);
    fs::remove_file(operator.shop.user.path("index.json.sigstore.json")).unwrap();
    operator.index(&args).exits(10);
}

#[test]
fn an_older_index_and_another_history_are_refused_once_a_newer_one_was_seen() {
    let operator = Operator::new();
    operator.publish();
    operator.copy("index.json", "one.json");
    let one = operator.first(ID, AUTHOR);
    let two = operator.next(&one, &[AUTHOR, STRANGER]);
    operator.put(&two, "author");
    operator.publish();
    operator.copy("index.json", "two.json");
    operator.use_it().exits(0);
    let release = operator.release_as("stranger", "1.02");
    assert_eq!(operator.finding(&release, 0), "trusted");

    operator.copy("one.json", "index.json");
    operator.index(&["verify", "index.json"]).exits(13);
    let ran = operator.use_it().exits(13);
    assert!(ran.stderr.contains("memory forget --index"), "{ran:#?}");

    // Number 2 once more, with something else in it.
    fs::remove_dir_all(operator.cpan().join("authors/id/M/MY/MYAUTHOR")).unwrap();
    operator.put(&operator.first("OTHER", STRANGER), "stranger");
    operator.publish();
    operator.index(&["verify", "index.json"]).exits(13);
    operator.use_it().exits(13);
    // And number 3 after it.
    operator.put(&operator.first("THIRD", STRANGER), "stranger");
    operator.publish();
    operator.use_it().exits(13);
    // What was seen is what is used.
    assert_eq!(operator.finding(&release, 0), "trusted");
    let status = operator.index(&["status", "--json"]).exits(0).json();
    assert_eq!(status["index"]["number"], 2);

    // An operator that began anew has to be forgotten by name.
    let url = operator.url();
    operator
        .shop
        .user
        .run(&["memory", "forget", "--index", &url])
        .exits(0);
    operator.use_it().exits(0);
}

#[test]
fn what_does_not_verify_is_not_signed() {
    let operator = Operator::new();
    operator.build();
    let text = operator.text("index.json");
    // Whose name the record has is not who signed it.
    let forged = text.replace(AUTHOR, STRANGER);
    assert_ne!(forged, text);
    operator.shop.user.write("forged.json", forged.as_bytes());
    operator.sign("forged.json").exits(11);
    assert!(
        !operator
            .shop
            .user
            .path("forged.json.sigstore.json")
            .exists()
    );
    operator.shop.user.write("none.json", b"{}");
    operator.sign("none.json").exits(1);
    // Nor is an index begun anew in the place of one that is there.
    operator.index(&["build", "--cpan", "cpan"]).exits(2);
    assert_eq!(operator.text("index.json"), text);
}
