//! Files that a log of the CPAN has under the author's name.

use std::fs;

use cpan_sigstore_core::digest::Sha256Digest;
use cpan_sigstore_ledger::{LogWriter, create, store::DiskStore, writer::NewFile};
use cpan_sigstore_tlog::{
    key::{Algorithm, SigningKey},
    policy::LogPolicy,
};
use serde_json::Value;

use super::watched::{Watched, alerts, archive, bundle, codes, path};
use crate::{fixtures::author::distribution, harness::Ran, snapshot};

/// A time long before the test.
const LONG_AGO: u64 = 1_700_000_000;

/// A log whose operator is not the author.
struct Log {
    folder: tempfile::TempDir,
    key: SigningKey,
}

impl Log {
    fn new() -> Self {
        let log = Self {
            folder: tempfile::tempdir().unwrap(),
            key: SigningKey::from_seed("cpan.example/log", Algorithm::Ed25519, [1; 32]).unwrap(),
        };
        create(&log.store(), &log.key).unwrap();
        log
    }

    fn place(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn store(&self) -> DiskStore {
        DiskStore::new(self.place("log"), self.place("state"))
    }

    fn log(&self, files: &[(String, &[u8])]) {
        let file = |(name, bytes): &(String, &[u8])| NewFile {
            path: path(name).parse().unwrap(),
            digest: Sha256Digest::of(bytes),
            size: bytes.len() as u64,
        };
        let store = self.store();
        let mut writer = LogWriter::open(&store, &self.key).unwrap();
        let files: Vec<_> = files.iter().map(file).collect();
        writer.append(&files, LONG_AGO).unwrap();
        let policy = LogPolicy::of_log(self.key.verifier().clone());
        writer
            .publish(&writer.checkpoint().clone(), &policy)
            .unwrap();
    }

    fn watch(&self, watched: &Watched, args: &[&str]) -> Ran {
        let (log, state) = (self.place("log"), self.place("audit"));
        let key = self.key.verifier().to_string();
        let log = ["--log", &log, "--log-key", &key, "--log-state", &state];
        watched.run(&[&log, args].concat())
    }

    /// The alerts of one run, which ends with this code.
    #[track_caller]
    fn reports(&self, watched: &Watched, code: i32) -> Vec<Value> {
        alerts(&self.watch(watched, &["--json"]).exits(code))
    }
}

#[test]
fn reports_each_logged_file_that_the_author_does_not_have() {
    let (watched, log) = (Watched::begun(), Log::new());
    let signed = distribution("Foo-Bar", "1.02");
    log.log(&[
        (archive("1.02"), &signed),
        (archive("1.01"), b"deleted long ago"),
    ]);
    let told = log.reports(&watched, 0);
    assert_eq!(codes(&told), ["logged-before"]);
    assert_eq!(told[0]["path"], path(&archive("1.01")).as_str());
    let text = serde_json::to_string_pretty(&told).unwrap();
    snapshot::assert("alert/logged-before", &text);
    assert_eq!(log.reports(&watched, 0), Vec::<Value>::new());

    // Somebody shows others a release, another bundle and a record, all of which this CPAN withholds.
    let record = "MYAUTHOR-sigstore-identities-1.json".to_owned();
    let files = [
        (archive("9.99"), &b"hostile"[..]),
        (bundle("1.02"), b"another"),
        (record, b"{}"),
    ];
    log.log(&files);
    let told = log.reports(&watched, 15);
    assert_eq!(codes(&told), ["logged-elsewhere"; 3]);
    let text = serde_json::to_string_pretty(&told).unwrap();
    snapshot::assert("alert/logged-elsewhere", &text);
    log.watch(&watched, &[]).exits(0);
}

#[test]
fn watches_authors_although_the_log_breaks_its_rules() {
    let (watched, log) = (Watched::begun(), Log::new());
    log.log(&[(archive("1.02"), b"one")]);
    log.log(&[(archive("1.02"), b"two")]);
    watched.publish_unsigned("1.03");
    let ran = log.watch(&watched, &[]).exits(15);
    ran.snapshot("watch/reports_alerts_and_faults_of_log");
    // Without the log, the alert is not repeated.
    watched.run(&[]).exits(0);
    fs::remove_file(log.folder.path().join("log/checkpoint")).unwrap();
    let ran = log.watch(&watched, &[]).exits(3);
    ran.snapshot("watch/states_that_log_cannot_be_audited");
}
