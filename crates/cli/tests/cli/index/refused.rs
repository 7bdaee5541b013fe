//! Indexes that are not the operator's, older than one that was seen, or of another history.

use std::fs;

use super::operator::{OPERATOR, Operator, STRANGER};
use crate::{fixtures::author::ID, harness::AUTHOR};

#[test]
fn rejects_index_of_another_signer_or_changed() {
    let operator = Operator::new();
    operator.build();
    operator
        .use_it()
        .exits(3)
        .snapshot("index/rejects_index_of_another_signer_or_changed-1");
    operator.sign("index.json").exits(0);
    operator
        .use_by(STRANGER)
        .exits(12)
        .snapshot("index/rejects_index_of_another_signer_or_changed-2");
    let status = operator.index(&["status", "--json"]).exits(0).json();
    assert!(status["operator"].is_null());
    // Within a name that people write down, nothing else may stand.
    for (name, url, identity) in [
        ("address", "http://operator.example/i.json", OPERATOR),
        ("pattern", "file:///x", "*@x"),
    ] {
        operator
            .index(&["use", url, "--identity", identity, "--issuer", "https://x"])
            .exits(2)
            .snapshot(&format!("index/rejects_operator_by_{name}"));
    }
    let text = operator.text("index.json");
    operator
        .world
        .write("index.json", text.replace("\n}\n", "\n}\n\n").as_bytes());
    operator
        .use_it()
        .exits(11)
        .snapshot("index/rejects_index_of_another_signer_or_changed-3");
    operator
        .index(&["status"])
        .exits(0)
        .snapshot("index/rejects_index_of_another_signer_or_changed-4");
    let issuer = operator.world.issuer();
    let args = [
        "verify",
        "index.json",
        "--identity",
        OPERATOR,
        "--issuer",
        &issuer,
    ];
    operator
        .index(&args)
        .exits(11)
        .snapshot("index/rejects_index_of_another_signer_or_changed-5");
    fs::remove_file(operator.world.path("index.json.sigstore.json")).unwrap();
    operator
        .index(&args)
        .exits(10)
        .snapshot("index/rejects_index_of_another_signer_or_changed-6");
}

#[test]
fn rejects_rolled_back_and_forked_author_index() {
    let operator = Operator::new();
    operator.publish();
    operator.copy("index.json", "one.json");
    let one = operator.first(ID, AUTHOR);
    let two = operator.next(&one, &[AUTHOR, STRANGER]);
    operator.put(&two, "author");
    operator.publish();
    operator.copy("index.json", "two.json");
    operator
        .use_it()
        .exits(0)
        .snapshot("index/rejects_rolled_back_and_forked_author_index-1");
    let release = operator.release_as("stranger", "1.02");
    assert_eq!(operator.finding(&release, 0), "trusted");

    operator.copy("one.json", "index.json");
    operator
        .index(&["verify", "index.json"])
        .exits(13)
        .snapshot("index/rejects_rolled_back_and_forked_author_index-2");
    let ran = operator
        .use_it()
        .exits(13)
        .snapshot("index/rejects_rolled_back_and_forked_author_index-3");
    assert!(ran.stderr.contains("trust forget --index"), "{ran:#?}");

    // Number 2 once more, with something else in it.
    fs::remove_dir_all(operator.cpan().join("authors/id/M/MY/MYAUTHOR")).unwrap();
    operator.put(&operator.first("OTHER", STRANGER), "stranger");
    operator.publish();
    operator
        .index(&["verify", "index.json"])
        .exits(13)
        .snapshot("index/rejects_rolled_back_and_forked_author_index-4");
    operator
        .use_it()
        .exits(13)
        .snapshot("index/rejects_rolled_back_and_forked_author_index-5");
    // And number 3 after it.
    operator.put(&operator.first("THIRD", STRANGER), "stranger");
    operator.publish();
    operator.use_it().exits(13);
    // What was seen is what is used.
    assert_eq!(operator.finding(&release, 0), "trusted");
    let status = operator.index(&["status", "--json"]).exits(0).json();
    assert_eq!(status["index"]["number"], 2);

    // `memory forget` accepts an operator that started a new index.
    let url = operator.url();
    operator
        .world
        .run(&["trust", "forget", "--index", &url])
        .exits(0)
        .snapshot("index/rejects_rolled_back_and_forked_author_index-6");
    operator
        .use_it()
        .exits(0)
        .snapshot("index/rejects_rolled_back_and_forked_author_index-7");
}

#[test]
fn refuses_to_sign_index_that_does_not_verify() {
    let operator = Operator::new();
    operator.build();
    let text = operator.text("index.json");
    // Whose name the record has is not who signed it.
    let forged = text.replace(AUTHOR, STRANGER);
    assert_ne!(forged, text);
    operator.world.write("forged.json", forged.as_bytes());
    operator
        .sign("forged.json")
        .exits(11)
        .snapshot("index/refuses_to_sign_index_that_does_not_verify-1");
    assert!(!operator.world.path("forged.json.sigstore.json").exists());
    operator.world.write("none.json", b"{}");
    operator
        .sign("none.json")
        .exits(1)
        .snapshot("index/refuses_to_sign_index_that_does_not_verify-2");
    // Nor does a new index replace an existing file.
    operator
        .index(&["build", "--cpan", "cpan"])
        .exits(2)
        .snapshot("index/refuses_to_sign_index_that_does_not_verify-3");
    assert_eq!(operator.text("index.json"), text);
}
