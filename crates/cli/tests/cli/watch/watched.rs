//! An author on the sandbox's CPAN, and somebody who watches.

use std::process::Command;

use cpan_sigstore_records::record::AuthorRecord;
use cpan_sigstore_testkit::records::Records;
use serde_json::Value;

use crate::{
    fixtures::author::{HOME, ID, distribution},
    harness::{AUTHOR, Ran, World},
};

/// A CPAN that is watched.
pub struct Watched {
    pub world: World,
}

impl Watched {
    /// With nothing on it.
    pub fn new() -> Self {
        Self {
            world: World::new(),
        }
    }

    /// With a signed release of the author, after the first check.
    pub fn begun() -> Self {
        let watched = Self::new();
        watched.world.publish_release("1.02");
        watched.run(&[]).exits(0);
        watched
    }

    /// With a record of the author, too, in version 1.
    pub fn enrolled() -> (Self, AuthorRecord) {
        let watched = Self::new();
        watched.world.publish_release("1.02");
        let record = watched.record(None, &[AUTHOR]);
        watched.enroll("author", &record);
        watched.run(&[]).exits(0);
        (watched, record)
    }

    /// The author's record that names these addresses, as the first, or after another.
    pub fn record(&self, before: Option<&AuthorRecord>, names: &[&str]) -> AuthorRecord {
        let records = Records::new(ID, self.world.issuer());
        match before {
            Some(before) => records.next(before, names),
            None => records.first(names),
        }
    }

    /// Publishes a record, signed by an account.
    pub fn enroll(&self, account: &str, record: &AuthorRecord) {
        let name = record.name().to_string();
        self.world.publish_signed(account, &name, record.json());
    }

    /// Publishes an unsigned release.
    pub fn publish_unsigned(&self, version: &str) {
        let bytes = distribution("Foo-Bar", version);
        self.world.publish(&archive(version), &bytes);
    }

    /// Deletes one of the author's files.
    pub fn delete(&self, name: &str) {
        assert!(self.world.sandbox.pause.delete(ID, name), "{name}");
    }

    /// `watch MYAUTHOR` with more arguments.
    pub fn command(&self, args: &[&str]) -> Command {
        self.world.command(&[&["watch", ID], args].concat())
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        Ran::of(self.command(args).output().unwrap())
    }

    /// The alerts of one run, which ends with this code.
    #[track_caller]
    pub fn reports(&self, code: i32) -> Vec<Value> {
        alerts(&self.run(&["--json"]).exits(code))
    }

    /// The one alert, which is compared with `snapshots/alert/NAME.snap`, and not reported again.
    #[track_caller]
    pub fn reports_once(&self, name: &str, alert: &str, code: i32) -> Value {
        let told = self.reports(code);
        let text = serde_json::to_string_pretty(&told).unwrap();
        crate::snapshot::assert(&format!("alert/{name}"), &text);
        assert_eq!(codes(&told), [alert], "{told:#?}");
        assert_eq!(self.reports(0), Vec::<Value>::new());
        told[0].clone()
    }
}

/// The alerts on standard output, one object a line.
#[track_caller]
pub fn alerts(ran: &Ran) -> Vec<Value> {
    let lines = ran.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Their codes.
pub fn codes(alerts: &[Value]) -> Vec<&str> {
    let codes = alerts.iter().map(|alert| alert["alert"].as_str().unwrap());
    codes.collect()
}

/// The archive of `Foo-Bar` in a version.
pub fn archive(version: &str) -> String {
    format!("Foo-Bar-{version}.tar.gz")
}

/// The bundle of `Foo-Bar` in a version.
pub fn bundle(version: &str) -> String {
    format!("Foo-Bar-{version}.tar.gz.sigstore.json")
}

/// Where a file of the author is on the CPAN.
pub fn path(name: &str) -> String {
    format!("authors/id/{HOME}/{name}")
}
