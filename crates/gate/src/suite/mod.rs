//! Answers the suite of the standard by this workspace, through the runner that any other program uses.
//!
//! The runner starts a program and asks it one case a line. Here that program forwards the lines to this test.

mod archives;
mod author_indexes;
mod bundles;
mod names;
mod records;
mod retrieval;
mod sequences;
mod states;

use std::{
    env,
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    process::{Command, Stdio},
    thread,
};

use serde_json::{Value, json};

use crate::decide::tests::vectors;

const SUITE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/spec/suite");

/// The result for a case of a file of vectors.
fn answer(file: &str, case: Value) -> Value {
    match file {
        "names" => names::answer(case),
        "records" => records::answer(case),
        "succession" => vectors::connect(case),
        "gate" => vectors::answer(case),
        "archives" | "meta" => archives::answer(&case),
        "author-indexes" => author_indexes::answer(&case),
        "retrieval" => retrieval::answer(&case),
        "sequences" => sequences::answer(case),
        "bundles" => bundles::answer(&case),
        // The runner reports the file as one that this program does not implement.
        _ => Value::Null,
    }
}

/// Answers each question of one connection.
fn serve(listener: &TcpListener) {
    let (mut stream, _) = listener.accept().unwrap();
    let questions = BufReader::new(stream.try_clone().unwrap());
    for line in questions.lines() {
        let mut question: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let file = question["vectors"].as_str().unwrap().to_owned();
        let result = answer(&file, question["case"].take());
        let answer = json!({"id": question["id"], "result": result});
        stream.write_all(format!("{answer}\n").as_bytes()).unwrap();
    }
}

#[test]
fn passes_suite_of_the_standard() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let server = thread::spawn(move || serve(&listener));
    // `make mutants` runs some files of vectors only.
    let only = env::var("CPAN_SIGSTORE_SUITE").map(|files| ["--only".to_owned(), files]);
    let runner = Command::new("perl")
        .arg(format!("{SUITE}/run"))
        .args(only.iter().flatten())
        .args(["perl", &format!("{SUITE}/forward"), &port])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let report = String::from_utf8(runner.stdout).unwrap();
    assert!(runner.status.success(), "{report}");
    assert!(!report.contains("does not implement"), "{report}");
    println!("{report}");
    server.join().unwrap();
}

/// The report about a program that believes one lie.
fn report_about(lie: &str, files: &str) -> String {
    let wrong = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../perl/CPAN-Sigstore/xt/wrong-client"
    );
    let runner = Command::new("perl")
        .arg(format!("{SUITE}/run"))
        .args(["--only", files, "perl", wrong, lie])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&runner.stderr);
    assert_eq!(runner.status.code(), Some(1), "{errors}");
    let report = String::from_utf8(runner.stdout).unwrap();
    report.lines().filter_map(without_totals).collect()
}

/// A line of a report. The numbers of all cases change with each new vector.
fn without_totals(line: &str) -> Option<String> {
    match line.rsplit_once(" of ") {
        Some((_, total)) if total.ends_with(" cases pass") => None,
        Some((found, total)) if total.ends_with(" cases") => Some(format!("{found} cases\n")),
        _ => Some(format!("{line}\n")),
    }
}

#[test]
fn reports_sections_that_a_wrong_program_misses() {
    insta::assert_snapshot!(report_about("names-in-any-case", "names,meta"));
    // It needs CryptX or openssl, as the Perl modules do.
    insta::assert_snapshot!(report_about("any-inclusion-proof", "names,bundles"));
}
