//! Files that a log of the CPAN has under the author's name.

use std::fs;

use serde_json::Value;

use super::watched::{Watched, alerts, archive, bundle, codes, path};
use crate::{
    fixtures::{
        author::distribution,
        log::{LONG_AGO, Log},
    },
    harness::Ran,
    snapshot,
};

impl Log {
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
    log.log(
        &[
            (path(&archive("1.02")), &signed),
            (path(&archive("1.01")), b"deleted long ago"),
        ],
        LONG_AGO,
    );
    let told = log.reports(&watched, 0);
    assert_eq!(codes(&told), ["logged-before"]);
    assert_eq!(told[0]["path"], path(&archive("1.01")).as_str());
    let text = serde_json::to_string_pretty(&told).unwrap();
    snapshot::assert("alert/logged-before", &text);
    assert_eq!(log.reports(&watched, 0), Vec::<Value>::new());

    // Somebody shows others a release, another bundle and a record, all of which this CPAN withholds.
    let record = "MYAUTHOR-sigstore-identities-1.json".to_owned();
    let files = [
        (path(&archive("9.99")), &b"hostile"[..]),
        (path(&bundle("1.02")), b"another"),
        (path(&record), b"{}"),
    ];
    log.log(&files, LONG_AGO);
    let told = log.reports(&watched, 15);
    assert_eq!(codes(&told), ["logged-elsewhere"; 3]);
    let text = serde_json::to_string_pretty(&told).unwrap();
    snapshot::assert("alert/logged-elsewhere", &text);
    log.watch(&watched, &[]).exits(0);
}

#[test]
fn watches_authors_although_the_log_breaks_its_rules() {
    let (watched, log) = (Watched::begun(), Log::new());
    log.log(&[(path(&archive("1.02")), b"one")], LONG_AGO);
    log.log(&[(path(&archive("1.02")), b"two")], LONG_AGO);
    watched.publish_unsigned("1.03");
    let ran = log.watch(&watched, &[]).exits(15);
    ran.snapshot("watch/reports_alerts_and_faults_of_log");
    // Without the log, the alert is not repeated.
    watched.run(&[]).exits(0);
    fs::remove_file(log.folder.path().join("log/checkpoint")).unwrap();
    let ran = log.watch(&watched, &[]).exits(3);
    ran.snapshot("watch/states_that_log_cannot_be_audited");
}
