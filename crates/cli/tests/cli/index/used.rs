//! What a user who has seen nothing knows by an operator's index, and how long.

use std::process::Stdio;

use super::operator::{OPERATOR, Operator};
use crate::{
    fixtures::http::ask,
    harness::{Beside, Ran, address, bare},
};

#[test]
fn trusts_first_release_by_author_index() {
    let operator = Operator::new();
    let built = operator.build();
    assert_eq!(built["number"], 1);
    assert_eq!(built["changes"]["authors"][0]["author"], "MYAUTHOR");
    let signed = operator.sign("index.json").exits(0);
    assert!(signed.stdout.contains("1 record\n"), "{signed:#?}");
    let issuer = operator.world.issuer();
    operator.index(&["verify", "index.json"]).exits(2);
    let named = ["--identity", OPERATOR, "--issuer", &issuer];
    let verified = operator.index(&[&["verify", "index.json"], &named[..]].concat());
    assert!(
        verified
            .exits(0)
            .snapshot("index/trusts_first_release_by_author_index-1")
            .stdout
            .starts_with("trusted: ")
    );

    let forged = operator.release_as("stranger", "1.01");
    let release = operator.release_as("author", "1.02");
    let none = operator.index(&["status", "--json"]).exits(0).json();
    assert!(none["operator"].is_null());
    let used = operator.use_it().exits(0);
    assert!(used.stdout.contains("1 new or changed"), "{used:#?}");
    // From the first release on.
    assert_eq!(operator.finding(&forged, 12), "identity-mismatch");
    let found = operator.world.found(&[&release, "--require-signed"], 0);
    assert_eq!(found["finding"], "trusted");
    assert_eq!(found["binding"], "record");
    let status = operator.index(&["status", "--json"]).exits(0).json();
    assert_eq!(status["operator"]["identity"], OPERATOR);
    assert_eq!(status["index"]["number"], 1);
    assert_eq!(status["held"], true);
    operator.index(&["verify", "index.json"]).exits(0);

    operator
        .index(&["use", "--none"])
        .exits(0)
        .snapshot("index/trusts_first_release_by_author_index-2");
    let other = ["--trust-store", "other.sqlite"];
    let found = operator
        .world
        .found(&[&[&forged[..]], &other[..]].concat(), 0);
    assert_eq!(found["finding"], "identity-unknown");
}

#[test]
fn installs_by_author_index_on_fresh_machine() {
    let operator = Operator::new();
    operator.publish();
    operator.use_it().exits(0);
    let home = operator.world.path("home");
    std::fs::create_dir(&home).unwrap();
    let install = |version: &str| {
        let flags = [
            "exec",
            "--require-signed",
            "--",
            "cpanm",
            "--notest",
            "-l",
            "perl",
        ];
        let file = format!("MYAUTHOR/Foo-Bar-{version}.tar.gz");
        let mut command = operator.world.command(&[&flags[..], &[&file]].concat());
        Ran::of(command.env("HOME", &home).output().unwrap())
    };
    let module = operator.world.path("perl/lib/perl5/Foo/Bar.pm");
    operator.release_as("stranger", "1.02");
    let refused = install("1.02").exits(12);
    assert!(refused.stderr.contains("identity-mismatch"), "{refused:#?}");
    assert!(!module.exists());
    operator.release_as("author", "1.03");
    install("1.03").exits(0);
    assert!(module.exists());
}

#[test]
fn uses_kept_index_while_operator_is_unreachable() {
    let operator = Operator::new();
    operator.publish();
    operator.use_it().exits(0);
    let release = operator.release_as("author", "1.02");
    let export = operator.world.run(&["trust", "export"]).exits(0);
    // Asked long ago, elsewhere; its records are not here, and neither is the operator.
    operator
        .world
        .write("export.json", export.stdout.as_bytes());
    let import = [
        "trust",
        "import",
        "export.json",
        "--trust-store",
        "other.sqlite",
    ];
    operator.world.run(&import).exits(0);
    std::fs::remove_file(operator.world.path("index.json")).unwrap();
    let ran = operator
        .world
        .verify(&[&release, "--trust-store", "other.sqlite", "--json"]);
    assert!(ran.stderr.contains("cannot refresh"), "{ran:#?}");
    assert_eq!(ran.exits(3).code(), "unavailable");
    // Where they are, they are used.
    assert_eq!(operator.finding(&release, 0), "trusted");
}

#[test]
fn warns_of_stale_index_and_then_ignores_it() {
    let operator = Operator::new();
    operator.build();
    operator.sign_in_the_past(10);
    operator
        .use_it()
        .exits(0)
        .snapshot("index/warns_of_stale_index_and_then_ignores_it-1");
    let release = operator.release_as("author", "1.02");
    let judged = |age: u32, limit: u32, code: i32| {
        let text = format!("[default]\nindex-age = {age}\nindex-age-limit = {limit}\n");
        let policy = operator.world.policy(&text);
        let args = [&[&release[..]], &policy[..]].concat();
        operator
            .world
            .verify(&args)
            .exits(code)
            .snapshot(&format!("verify/index-age-{age}-of-{limit}-exit-{code}"));
        operator.world.found(&args, code)
    };
    let fresh = judged(12, 30, 0);
    assert_eq!(fresh["finding"], "trusted");
    assert!(!fresh.to_string().contains("index-stale"), "{fresh:#}");
    let warned = judged(5, 30, 0);
    assert!(warned.to_string().contains("index-stale"), "{warned:#}");
    assert_eq!(judged(5, 9, 3)["finding"], "unavailable");

    // Signed again without a change, the index has the date of today.
    operator.sign("index.json").exits(0);
    operator
        .use_it()
        .exits(0)
        .snapshot("index/warns_of_stale_index_and_then_ignores_it-2");
    assert_eq!(judged(5, 9, 0)["finding"], "trusted");
}

#[test]
fn mirror_applies_author_index_and_serves_it() {
    let operator = Operator::new();
    operator.publish();
    operator.use_it().exits(0);
    let mirror = operator
        .world
        .command(&["mirror", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut mirror = Beside(mirror);
    let url = address(&mut mirror.0);
    let host = url.trim_end_matches('/').rsplit("//").next().unwrap();
    let index = ask(host, "GET /-/index.json", &[]);
    assert_eq!(index.status, 200);
    assert_eq!(index.body, operator.text("index.json").into_bytes());

    // Somebody behind the mirror uses it from there.
    let behind = operator.world.path("behind");
    std::fs::create_dir(&behind).unwrap();
    let (at, issuer) = (format!("{url}-/index.json"), operator.world.issuer());
    let mut command = bare(
        &behind,
        &[
            "index",
            "use",
            &at,
            "--identity",
            OPERATOR,
            "--issuer",
            &issuer,
        ],
    );
    let root = operator.world.sandbox.trusted_root_path();
    command.arg("--trusted-root").arg(root);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:#?}");
}
