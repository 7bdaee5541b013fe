//! The CPAN log for clients behind a mirror, at `/-/log/`.

use std::fs;

use jiff::Timestamp;

use super::serving::Running;
use crate::{
    fixtures::{
        author::{HOME, distribution},
        log::Log,
        shop::FILE,
    },
    harness::{Ran, World},
};

/// A user whose policy names a log of the published release, and the log.
fn logged(bytes: &[u8]) -> (World, Log, Vec<u8>) {
    let user = World::new().with_policy();
    user.publish_release("1.02");
    let log = Log::new();
    let now = u64::try_from(Timestamp::now().as_second()).unwrap();
    let path = format!("authors/id/{HOME}/{FILE}");
    log.log(&[(path.clone(), bytes)], now - 60);
    let proof = log.prove(&path);
    user.write("log.txt", policy_of(&log).as_bytes());
    user.policy("[log]\ntlog-policy = \"log.txt\"\n");
    (user, log, proof)
}

/// A policy that names the log's key and folder.
fn policy_of(log: &Log) -> String {
    let key = log.key.verifier();
    format!("log {key} file://{}/\nquorum none\n", log.place("log"))
}

#[test]
fn carries_the_log_for_clients_behind_it() {
    let (user, log, proof) = logged(&distribution("Foo-Bar", "1.02"));
    let mirror = Running::start(&user, &[]);
    let file = |path: &str| fs::read(log.folder.path().join("log").join(path)).unwrap();
    for path in ["checkpoint", "tile/0/000.p/1", "tile/entries/000.p/1"] {
        let answer = mirror.get(&format!("/-/log/{path}"));
        assert_eq!(
            (answer.status, answer.body == file(path)),
            (200, true),
            "{path}"
        );
    }
    // The proof is beside the archive, too.
    let archive = format!("authors/id/{HOME}/{FILE}");
    for place in ["-/log/", ""] {
        let answer = mirror.get(&format!("/{place}{archive}.tlog-proof"));
        assert_eq!(
            (answer.status, answer.body == proof),
            (200, true),
            "{place}"
        );
    }
    assert_eq!(mirror.get(&format!("/{archive}")).status, 200);
}

#[test]
fn carries_nothing_but_files_of_the_log() {
    let (user, log, _) = logged(&distribution("Foo-Bar", "1.02"));
    fs::write(log.folder.path().join("log/secret"), "secret").unwrap();
    fs::write(log.folder.path().join("secret"), "secret").unwrap();
    // A tile and a proof that are none.
    fs::write(log.folder.path().join("log/tile/0/001"), vec![0; 9000]).unwrap();
    let other = format!("authors/id/{HOME}/Foo-Bar-1.03.tar.gz.tlog-proof");
    fs::write(log.folder.path().join("log").join(&other), "no proof").unwrap();
    let mirror = Running::start(&user, &[]);
    for path in [
        "secret",
        "../secret",
        "%2e%2e/secret",
        "tile/0/../../secret",
        "tile/0/001",
        "tile/entries/001",
        "state/checkpoint",
        "",
        &other,
    ] {
        let answer = mirror.get(&format!("/-/log/{path}"));
        assert_eq!(answer.status, 404, "{path}: {answer:?}");
    }
    let without = World::new().with_policy();
    without.policy("");
    let mirror = Running::start(&without, &[]);
    assert_eq!(mirror.get("/-/log/checkpoint").status, 404);
}

#[test]
fn serves_no_archive_with_other_bytes_than_the_log() {
    let (user, _log, _) = logged(b"other");
    let mirror = Running::start(&user, &[]);
    let answer = mirror.get(&format!("/authors/id/{HOME}/{FILE}"));
    assert_eq!(answer.status, 403, "{answer:?}");
    assert!(answer.text().contains("log-mismatch"), "{answer:?}");
}

#[test]
fn awaits_author_record_that_a_mirror_withholds() {
    let user = World::new().with_policy();
    user.publish_release("1.02");
    let log = Log::new();
    let now = u64::try_from(Timestamp::now().as_second()).unwrap();
    let three_days_ago = now - 3 * 86_400;
    let archive = format!("authors/id/{HOME}/{FILE}");
    let index = "modules/02packages.details.txt".to_owned();
    let bytes = distribution("Foo-Bar", "1.02");
    log.log(
        &[(archive.clone(), &bytes), (index.clone(), b"index")],
        three_days_ago,
    );
    log.prove(&archive);
    log.prove(&index);
    user.write("log.txt", policy_of(&log).as_bytes());
    user.policy("[log]\ntlog-policy = \"log.txt\"\nrequire-logged = true\n");
    let verify = |cache: &str| {
        let release = format!("MYAUTHOR/{FILE}");
        let cache = user.path(cache);
        let mut command = user.command(&["verify", &release, "--policy", "policy.toml"]);
        Ran::of(command.env("CPAN_SIGSTORE_CACHE", cache).output().unwrap())
    };
    verify("first").exits(0);
    // Everybody else sees a first record of the author.
    let record = format!("authors/id/{HOME}/MYAUTHOR-sigstore-identities-1.json");
    log.log(&[(record.clone(), b"{}")], three_days_ago);
    log.prove(&record);
    verify("second")
        .exits(3)
        .snapshot("log/awaits_withheld_record");
}
