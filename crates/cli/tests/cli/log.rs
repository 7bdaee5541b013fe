//! The log of a CPAN, from its first leaf to an audit, in one folder.

use std::fs;

use serde_json::Value;

use crate::{
    harness::{Ran, bare},
    snapshot,
};

pub const FOO: &str = "authors/id/M/MY/MYAUTHOR/Foo-1.0.tar.gz";

/// A witness without an address, so that it never cosigns.
const WITNESS: &str = "witness.example+3176bd45+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU";

const APPEND: [&str; 8] = [
    "log", "append", "--cpan", "cpan", "--log", "log", "--key", "log.key",
];

/// A folder with a CPAN and an empty log of it.
pub struct Logged {
    pub folder: tempfile::TempDir,
    public: String,
}

impl Logged {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut logged = Self {
            folder,
            public: String::new(),
        };
        logged.put(FOO, "foo");
        logged.put("authors/id/M/MY/MYAUTHOR/sub/Bar-1.0.zip", "bar");
        logged.put("modules/02packages.details.txt", "index");
        let ran = logged.init().exits(0);
        let policy = ran
            .stderr
            .lines()
            .filter_map(|line| line.strip_prefix("  "));
        logged.write(
            "policy.txt",
            &policy.map(|line| format!("{line}\n")).collect::<String>(),
        );
        let line = ran
            .stdout
            .lines()
            .find(|line| line.contains("public"))
            .unwrap();
        logged.public = line.split_whitespace().last().unwrap().to_owned();
        let text = snapshot::text(&ran).replace(&logged.public, "[KEY]");
        snapshot::assert("log/creates_log", &text);
        logged
    }

    pub fn write(&self, path: &str, content: &str) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn put(&self, path: &str, content: &str) {
        self.write(&format!("cpan/{path}"), content);
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        Ran::of(bare(self.folder.path(), args).output().unwrap())
    }

    fn init(&self) -> Ran {
        let folders = ["log", "init", "--log", "log", "--key", "log.key"];
        self.run(&[&folders[..], &["--origin", "cpan.example/log"]].concat())
    }

    pub fn append(&self, more: &[&str]) -> Ran {
        self.run(&[&APPEND, more].concat())
    }

    fn audit(&self, more: &[&str]) -> Ran {
        let args = ["log", "audit", "--log", "log", "--log-policy", "policy.txt"];
        self.run(&[&args, more].concat())
    }
}

#[test]
fn logs_proves_and_verifies_files() {
    let logged = Logged::new();
    let appended = logged.append(&["--proofs", "proofs"]).exits(0);
    appended.snapshot("log/appends_files");
    logged.append(&[]).exits(0).snapshot("log/appends_nothing");
    let trusted = ["--log-key", &logged.public];
    let prove = [&["log", "prove", FOO, "--log", "log"], &trusted[..]].concat();
    logged.run(&prove).exits(0).snapshot("log/proves_file");
    let proof = fs::read(logged.folder.path().join("Foo-1.0.tar.gz.tlog-proof")).unwrap();
    let kept = logged
        .folder
        .path()
        .join(format!("proofs/{FOO}.tlog-proof"));
    assert_eq!(fs::read(kept).unwrap(), proof);
    logged.write("Foo-1.0.tar.gz", "foo");
    let verify = [
        "log",
        "verify",
        "Foo-1.0.tar.gz",
        "--path",
        FOO,
        "--log-policy",
        "policy.txt",
    ];
    logged.run(&verify).exits(0).snapshot("log/verifies_file");
    let inspect = ["inspect", "Foo-1.0.tar.gz.tlog-proof"];
    logged.run(&inspect).exits(0).snapshot("log/inspects_proof");
    let claims = logged
        .run(&["inspect", "log/checkpoint", "--json"])
        .exits(0)
        .json();
    assert_eq!(
        (&claims["verified"], &claims["size"]),
        (&Value::from(false), &Value::from(3))
    );

    // Another file, another path, and another log.
    logged.write("Foo-1.0.tar.gz", "other");
    logged
        .run(&verify)
        .exits(15)
        .snapshot("log/rejects_other_file");
    logged.write("Foo-1.0.tar.gz", "foo");
    let bar = "authors/id/M/MY/MYAUTHOR/sub/Bar-1.0.zip";
    let other = [
        "log",
        "verify",
        "Foo-1.0.tar.gz",
        "--path",
        bar,
        "--log-policy",
        "policy.txt",
        "--json",
    ];
    assert_eq!(logged.run(&other).exits(15).json()["logged"], false);
    let stranger = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    let other = [
        "log",
        "verify",
        "Foo-1.0.tar.gz",
        "--path",
        FOO,
        "--log-key",
        stranger,
    ];
    logged
        .run(&other)
        .exits(15)
        .snapshot("log/rejects_other_log");
    let unlogged = [
        "log",
        "prove",
        "authors/id/M/MY/MYAUTHOR/Foo-2.0.tar.gz",
        "--log",
        "log",
    ];
    logged
        .run(&[&unlogged, &trusted[..]].concat())
        .exits(1)
        .snapshot("log/proves_no_unlogged_file");
}

#[test]
fn audits_log_against_cpan_and_remembered_checkpoint() {
    let logged = Logged::new();
    logged.append(&[]).exits(0);
    logged
        .audit(&["--remember", "checkpoint", "--cpan", "cpan"])
        .exits(0)
        .snapshot("log/audits_sound_log");
    let old = fs::read(logged.folder.path().join("log/checkpoint")).unwrap();

    // An archive is replaced, another one is new, and one is gone.
    logged.put(FOO, "other");
    logged.put("authors/id/M/MY/MYAUTHOR/Foo-1.1.tar.gz", "new");
    fs::remove_file(
        logged
            .folder
            .path()
            .join("cpan/authors/id/M/MY/MYAUTHOR/sub/Bar-1.0.zip"),
    )
    .unwrap();
    logged
        .audit(&["--cpan", "cpan"])
        .exits(15)
        .snapshot("log/audits_changed_cpan");
    let lines = logged.audit(&["--cpan", "cpan", "--json"]).exits(15).stdout;
    let codes: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["code"].take())
        .collect();
    assert_eq!(
        codes,
        [
            "log-mismatch".into(),
            "unlogged".into(),
            "absent".into(),
            Value::Null
        ]
    );
    let state = ["--remember", "checkpoint", "--state", "audit"];
    logged.audit(&state).exits(0);
    logged.append(&[]).exits(0);
    logged
        .audit(&state)
        .exits(0)
        .snapshot("log/audits_new_leaves");
    let end = logged
        .audit(&["--state", "audit", "--json"])
        .exits(0)
        .json();
    assert_eq!((&end["size"], &end["new"]), (&4.into(), &0.into()));

    // The operator shows an older log, and one with another leaf.
    let newest = fs::read(logged.folder.path().join("log/checkpoint")).unwrap();
    fs::write(logged.folder.path().join("log/checkpoint"), old).unwrap();
    logged
        .audit(&["--remember", "checkpoint"])
        .exits(15)
        .snapshot("log/audits_rolled_back_log");
    logged.audit(&["--state", "audit"]).exits(15);
    fs::write(logged.folder.path().join("log/checkpoint"), newest).unwrap();
    let bundle = logged.folder.path().join("log/tile/entries/000.p/4");
    let mut bytes = fs::read(&bundle).unwrap();
    let at = bytes
        .windows(7)
        .position(|part| part == b"Foo-1.1")
        .unwrap();
    bytes[at + 6] = b'2';
    fs::write(&bundle, &bytes).unwrap();
    logged
        .audit(&[])
        .exits(15)
        .snapshot("log/audits_replaced_leaf");
    fs::write(&bundle, &bytes[1..]).unwrap();
    logged
        .audit(&[])
        .exits(15)
        .snapshot("log/audits_broken_file");
}

#[test]
fn writes_proofs_that_an_ended_append_left_out() {
    let logged = Logged::new();
    logged.append(&["--proofs", "proofs"]).exits(0);
    let new = FOO.replace("1.0", "1.1");
    logged.put(&new, "new");
    // The append publishes, and cannot write the proofs.
    logged.write("full", "no folder");
    logged.append(&["--proofs", "full"]).exits(1);
    logged.audit(&["--cpan", "cpan"]).exits(0);
    let proof = logged
        .folder
        .path()
        .join(format!("proofs/{new}.tlog-proof"));
    assert!(!proof.exists());
    // Nothing is new, and one proof is missing.
    let first = logged
        .folder
        .path()
        .join(format!("proofs/{FOO}.tlog-proof"));
    fs::remove_file(&first).unwrap();
    logged.append(&["--proofs", "proofs"]).exits(0);
    assert!(proof.exists());
    assert!(!first.exists(), "only those that are missing are written");
}

#[test]
fn refuses_to_write_with_another_key_or_an_old_state() {
    let logged = Logged::new();
    let state = logged.folder.path().join("log.state/checkpoint");
    let old = fs::read(&state).unwrap();
    logged.append(&[]).exits(0);
    fs::write(&state, old).unwrap();
    logged
        .append(&[])
        .exits(1)
        .snapshot("log/refuses_old_state");
    fs::remove_dir_all(logged.folder.path().join("log.state")).unwrap();
    logged
        .append(&[])
        .exits(1)
        .snapshot("log/refuses_missing_state");
    logged.init().exits(1).snapshot("log/refuses_second_log");
    logged.write("bad.txt", "log x\nquorum none\n");
    let audit = ["log", "audit", "--log", "log", "--log-policy", "bad.txt"];
    logged
        .run(&audit)
        .exits(2)
        .snapshot("log/refuses_invalid_policy");
}

#[test]
fn reports_changed_archive_without_quorum() {
    let logged = Logged::new();
    let recent = |epoch: u64| {
        let events: String = (100..=epoch)
            .rev()
            .map(|at| format!("  - epoch: {at}\n    path: {}\n    type: new\n", &FOO[8..]))
            .collect();
        let head = "meta:\n  protocol: 1\n  interval: 1h\nrecent:\n";
        logged.put("authors/RECENT-1h.yaml", &format!("{head}{events}"));
    };
    recent(100);
    logged.append(&[]).exits(0);
    logged.put(FOO, "other");
    recent(101);
    let policy = format!("log {}\nwitness one {WITNESS}\nquorum one\n", logged.public);
    logged.write("witnessed.txt", &policy);
    let append = ["--log-policy", "witnessed.txt"];
    logged
        .append(&append)
        .exits(15)
        .snapshot("log/reports_changed_archive_without_quorum");
}

#[cfg(unix)]
#[test]
fn logs_and_audits_other_files_if_one_cannot_be_read() {
    let logged = Logged::new();
    let path = "cpan/authors/id/M/MY/MYAUTHOR/Out-1.0.tar.gz";
    std::os::unix::fs::symlink("/etc/hostname", logged.folder.path().join(path)).unwrap();
    logged
        .append(&[])
        .exits(1)
        .snapshot("log/appends_all_but_one_file");
    logged
        .audit(&["--cpan", "cpan"])
        .exits(1)
        .snapshot("log/audits_all_but_one_file");
    let report = logged.append(&["--json"]).exits(1).json();
    let path = path.strip_prefix("cpan/").unwrap();
    assert_eq!(report["unread"][0]["path"], path);
    // A file with other bytes is worse.
    logged.put(FOO, "other");
    logged.audit(&["--cpan", "cpan"]).exits(15);
}

#[cfg(unix)]
#[test]
fn resumes_after_being_killed_at_any_moment() {
    use std::{
        process::Stdio,
        time::{Duration, Instant},
    };
    let logged = Logged::new();
    for at in 0..40 {
        logged.put(
            &format!("authors/id/M/MY/MYAUTHOR/Baz-{at}.tar.gz"),
            &at.to_string(),
        );
    }
    for moment in 0..20_u64 {
        logged.put(
            &format!("authors/id/M/MY/MYAUTHOR/Qux-{moment}.tar.gz"),
            "qux",
        );
        let mut append = bare(logged.folder.path(), &APPEND);
        let mut child = append
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let started = Instant::now();
        // A busy wait, so that the moments are finer than those of a timer.
        while started.elapsed() < Duration::from_millis(moment) {}
        // It may have ended.
        let _ = child.kill();
        child.wait().unwrap();
        logged.audit(&["--remember", "checkpoint"]).exits(0);
    }
    logged.append(&[]).exits(0);
    let end = logged
        .audit(&["--remember", "checkpoint", "--cpan", "cpan", "--json"])
        .exits(0)
        .json();
    assert_eq!(end["compared"]["unlogged"], 0);
    assert_eq!(end["paths"]["archives"], 62);
}
