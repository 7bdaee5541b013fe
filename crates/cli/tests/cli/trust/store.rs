//! `memory`: what is remembered can be seen, carried elsewhere and forgotten.

use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
};

use crate::fixtures::shop::{FILE, RELEASE};
use crate::{fixtures::author::distribution, harness::AUTHOR, harness::World};

#[test]
fn lists_exports_imports_and_forgets_trust_store() {
    let shop = World::new();
    shop.publish_release("1.02");
    shop.verify(&["Foo::Bar"]).exits(0);
    let run = |args: &[&str]| shop.run(&[&["trust"], args].concat());
    let listed = run(&["list"])
        .exits(0)
        .snapshot("trust/lists_exports_imports_and_forgets_trust_store-1")
        .stdout;
    assert!(
        listed.contains(&format!("author MYAUTHOR: {AUTHOR}")),
        "{listed}"
    );
    assert!(listed.contains("distribution Foo-Bar: "), "{listed}");
    assert!(listed.contains("index "), "{listed}");
    let json = run(&["list", "--json"]).exits(0).json();
    assert_eq!(json["signed-before"].as_array().unwrap().len(), 1);

    let export = run(&["export"]).exits(0).stdout;
    shop.write("export.json", export.as_bytes());
    run(&["import", "export.json", "--trust-store", "other.sqlite"])
        .exits(0)
        .snapshot("trust/lists_exports_imports_and_forgets_trust_store-2");
    let found = shop.found(&[RELEASE, "--trust-store", "other.sqlite"], 0);
    assert_eq!(found["finding"], "trusted");

    // Another first signer is not taken in without a word.
    let other = export.replace(AUTHOR, "eve@example.org");
    shop.write("other.json", other.as_bytes());
    let ran = run(&["import", "other.json"])
        .exits(1)
        .snapshot("trust/lists_exports_imports_and_forgets_trust_store-3");
    assert!(ran.stderr.contains("--replace"), "{ran:#?}");
    assert_eq!(shop.found(&[RELEASE], 0)["finding"], "trusted");
    run(&["import", "other.json", "--replace"])
        .exits(0)
        .snapshot("trust/lists_exports_imports_and_forgets_trust_store-4");
    assert_eq!(shop.found(&[RELEASE], 12)["finding"], "identity-changed");

    run(&["forget"])
        .exits(2)
        .snapshot("trust/lists_exports_imports_and_forgets_trust_store-5");
    run(&["forget", "--author", "MYAUTHOR"])
        .exits(0)
        .snapshot("trust/lists_exports_imports_and_forgets_trust_store-6");
    let found = run(&["forget", "--distribution", "Foo-Bar", "--json"]).exits(0);
    assert!(found.json()["forgotten"].is_u64());
    assert_eq!(shop.found(&[RELEASE], 0)["finding"], "identity-unknown");
}

#[test]
fn remembers_nothing_about_denied_release() {
    let shop = World::new();
    shop.publish_signed("author", FILE, &distribution("Foo-Bar", "1.01"));
    shop.found(&[RELEASE], 14);
    let listed = shop.run(&["trust", "list"]).exits(0).stdout;
    assert_eq!(listed, "");
}

#[test]
fn allows_nothing_without_trust_store() {
    let shop = World::new();
    shop.publish(FILE, &distribution("Foo-Bar", "1.02"));
    shop.write("memory", b"no database, and long enough to be looked at");
    let ran = shop
        .verify(&[RELEASE, "--trust-store", "memory"])
        .exits(1)
        .snapshot("trust/allows_nothing_without_trust_store-1");
    assert!(ran.stdout.is_empty(), "{ran:#?}");
    let unreachable = "postgres://user:secret@127.0.0.1:1/db";
    let ran = shop
        .verify(&[RELEASE, "--trust-store", unreachable])
        .exits(1)
        .snapshot("trust/allows_nothing_without_trust_store-2");
    assert!(!ran.stderr.contains("secret"), "{ran:#?}");
}

#[test]
fn remembers_reported_verdict_after_kill() {
    let shop = World::new();
    shop.publish_release("1.02");
    // So many that the process is not at its end when it is killed.
    let args = [&["verify"], &[RELEASE; 200][..]].concat();
    let mut command = shop.command(&args);
    let mut process = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    process.kill().unwrap();
    assert!(!process.wait().unwrap().success());
    assert!(line.starts_with("identity-unknown, allowed: "), "{line}");
    let json = shop.run(&["trust", "list", "--json"]).exits(0).json();
    assert_eq!(json["first-seen"][0]["name"], "MYAUTHOR");
    assert_eq!(shop.found(&[RELEASE], 0)["finding"], "trusted");
}
