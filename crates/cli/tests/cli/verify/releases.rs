//! `verify` by release: what is fetched, decided and remembered.

use std::fs;

use cpan_sigstore_testkit::archive;

use crate::fixtures::shop::{FILE, NEXT, RELEASE};
use crate::{fixtures::author::distribution, harness::AUTHOR, harness::World};

#[test]
fn fetches_release_and_remembers_first_signer() {
    let shop = World::new();
    shop.publish_release("1.02");
    let first = shop.found(&[RELEASE], 0);
    assert_eq!(first["finding"], "identity-unknown");
    assert_eq!(first["decision"], "warn");
    assert_eq!(first["signer"]["subject"]["name"], AUTHOR);
    assert_eq!(first["release"], format!("authors/id/M/MY/{RELEASE}"));
    let second = shop.found(&[RELEASE], 0);
    assert_eq!(second["finding"], "trusted");
    assert_eq!(second["binding"], "first-seen");
    // By the index, several at once, one line each; the worst decides.
    let ran = shop
        .verify(&["Foo::Bar", "MYAUTHOR/None-1.tar.gz", RELEASE, "--json"])
        .exits(1);
    let lines: Vec<_> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 2, "{ran:#?}");
    assert!(lines.iter().all(|line| line.contains("\"trusted\"")));
    assert!(ran.stderr.contains("None-1.tar.gz"), "{ran:#?}");
}

#[test]
fn trusts_pinned_author_and_reports_binding() {
    let shop = World::new();
    shop.publish_release("1.02");
    let policy = shop.policy(&shop.pins(AUTHOR));
    let ran = shop
        .verify(&[&[RELEASE, "--require-signed"], &policy[..]].concat())
        .exits(0)
        .snapshot("verify/trusts_pinned_author_and_reports_binding");
    assert!(
        ran.stdout.starts_with(&format!("trusted: {RELEASE}\n")),
        "{ran:#?}"
    );
    for text in [AUTHOR, "binding", "an identity of the policy", "sha256:"] {
        assert!(ran.stdout.contains(text), "{ran:#?}");
    }
}

#[test]
fn lists_few_of_many_identities() {
    let shop = World::new();
    shop.publish_release("1.02");
    let pins = shop.pins("0@example.org");
    let (start, issuer) = pins.split_once('{').unwrap();
    let many: String = (0..8)
        .map(|number| {
            format!("{{{}", issuer.replace("0@", &format!("{number}@"))).replace("]\n", ",")
        })
        .collect();
    let policy = shop.policy(&format!("{start}{many}]\n"));
    shop.verify(&[&[RELEASE], &policy[..]].concat())
        .exits(12)
        .snapshot("verify/lists_few_of_many_identities");
}

#[test]
fn warns_of_archive_without_meta() {
    let shop = World::new();
    let bytes = archive::targz(&[archive::file("Foo-Bar-1.02/lib/Foo/Bar.pm", "1;")]);
    shop.publish_signed("author", FILE, &bytes);
    let policy = shop.policy(&shop.pins(AUTHOR));
    shop.verify(&[&[RELEASE], &policy[..]].concat())
        .exits(0)
        .snapshot("verify/warns_of_archive_without_meta");
}

#[test]
fn warns_of_each_unsigned_release_on_fresh_machine() {
    let shop = World::new();
    shop.publish(FILE, &distribution("Foo-Bar", "1.02"));
    shop.publish(NEXT, &distribution("Foo-Bar", "1.03"));
    let ran = shop
        .verify(&[RELEASE, &format!("MYAUTHOR/{NEXT}")])
        .exits(0)
        .snapshot("verify/warns_of_each_unsigned_release_on_fresh_machine");
    assert_eq!(ran.stdout.matches("unsigned, allowed: ").count(), 2);
    let strict = shop.found(&[RELEASE, "--require-signed"], 10);
    assert_eq!(strict["finding"], "unsigned");
    assert_eq!(strict["decision"], "deny");
}

#[test]
fn verifies_local_file_against_its_author() {
    let shop = World::new();
    let bytes = distribution("Foo-Bar", "1.02");
    shop.write(FILE, &bytes);
    let bundle = shop.sign_bytes("author", &bytes);
    shop.write("elsewhere.json", &bundle);
    let policy = shop.policy(&shop.pins(AUTHOR));
    let by_author = [&[FILE, "--author", "MYAUTHOR"], &policy[..]].concat();
    assert_eq!(shop.found(&by_author, 0)["finding"], "unsigned");
    let with_bundle = [&by_author[..], &["--bundle", "elsewhere.json"]].concat();
    assert_eq!(shop.found(&with_bundle, 0)["finding"], "trusted");
    // A local file teaches nothing: neither that it was signed, nor by whom.
    assert_eq!(shop.found(&by_author, 0)["finding"], "unsigned");
    let listed = shop.run(&["trust", "list"]).exits(0).stdout;
    assert_eq!(listed, "");
}

#[test]
fn reports_unavailable_without_trust_material() {
    let shop = World::new();
    shop.publish_release("1.02");
    shop.publish("Other-1.tar.gz", &distribution("Other", "1"));
    let url = shop.sandbox.services.tuf.url().to_owned();
    let root = shop.sandbox.tuf_root_path();
    let config = format!(
        "instance = 'own'\n[instances.own]\ntuf-url = '{url}'\ntuf-root = '{}'\n",
        root.display()
    );
    shop.write("own.toml", config.as_bytes());
    let run = |args: &[&str]| {
        let mut command = shop.command(&[&["verify", "--json"], args].concat());
        command.env("CPAN_SIGSTORE_CONFIG", shop.path("own.toml"));
        command.env("CPAN_SIGSTORE_CACHE", shop.path("own-cache"));
        crate::harness::Ran::of(command.output().unwrap())
    };
    let found = run(&[RELEASE, "--offline"]).exits(3).json();
    assert_eq!(found["finding"], "unavailable");
    run(&["MYAUTHOR/Other-1.tar.gz", "--offline"]).exits(0);
    // With the network the material is fetched, and is valid for as long as the policy states.
    run(&[RELEASE]).exits(0);
    run(&[RELEASE, "--offline"]).exits(0);
    let mut noted = Vec::new();
    find(&shop.path("own-cache"), "refreshed", &mut noted);
    let then = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * 31);
    fs::write(&noted[0], then.to_string()).unwrap();
    let found = run(&[RELEASE, "--offline"]).exits(3).json();
    assert_eq!(found["finding"], "unavailable");
    assert!(found["found"].as_str().unwrap().contains("31 days"));
}

fn find(folder: &std::path::Path, name: &str, found: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            find(&path, name, found);
        } else if path.ends_with(name) {
            found.push(path);
        }
    }
}

#[test]
fn rejects_contradictory_verify_arguments() {
    let shop = World::new();
    for args in [
        &["Foo-1.0.tar.gz", "Foo::Bar"][..],
        &[FILE, "--author", "MYAUTHOR", "--certificate-identity", "a"],
        &[RELEASE, "--bundle", "x.json"],
        &["--author", "MYAUTHOR", "no-release"],
        &[
            RELEASE,
            "--policy",
            "none.toml",
            "--trust-store",
            "mysql://u:p@h/d",
        ],
    ] {
        let ran = shop.verify(args);
        assert!(matches!(ran.code, Some(1 | 2)), "{args:?}: {ran:#?}");
        assert!(ran.stdout.is_empty(), "{ran:#?}");
    }
}

#[test]
fn accepts_addresses_and_advises_on_other_names() {
    let shop = World::new();
    shop.publish_release("1.02");
    shop.verify(&[&format!(
        "https://cpan.metacpan.example/authors/id/M/MY/{RELEASE}"
    )])
    .exits(0);
    shop.verify(&["Foo/Bar.pm"]).exits(0);
    for (name, text) in [
        ("distribution", "Foo-Bar"),
        ("version", "Foo-Bar-1.02"),
        ("module", "Foo::Bar@1.02"),
    ] {
        shop.verify(&[text])
            .exits(2)
            .snapshot(&format!("verify/advice_{name}"));
    }
}
