//! Leaves of a log beside the known files of an author.

use cpan_sigstore_core::digest::Sha256Digest;

use super::*;
use crate::state::{FoundRecord, ReleaseState};

const HOME: &str = "authors/id/M/MY/MYAUTHOR/";
const ORIGIN: &str = "cpan.example/log";

fn author() -> PauseId {
    "MYAUTHOR".parse().unwrap()
}

fn now() -> Timestamp {
    "2026-11-28T12:00:00Z".parse().unwrap()
}

fn digest(content: &str) -> Sha256Digest {
    Sha256Digest::of(content.as_bytes())
}

/// A leaf of some hours ago.
fn leaf(index: u64, name: &str, content: &str, hours: i64) -> LoggedFile {
    LoggedFile {
        index,
        path: format!("{HOME}{name}"),
        digest: digest(content),
        time: now() - SignedDuration::from_hours(hours),
    }
}

/// An author with one signed release and one record.
fn known() -> AuthorState {
    let mut state = AuthorState::default();
    let release = ReleaseState {
        stated: Some(digest("foo")),
        archive: None,
        bundle: Some(digest("bundle")),
        alarmed: false,
    };
    state
        .releases
        .insert(format!("{HOME}Foo-1.tar.gz"), release);
    let found = FoundRecord {
        record: digest("record"),
        bundle: Some(digest("signature")),
    };
    state.records.found.insert(1, found);
    state.records.valid.insert(1, digest("record"));
    state
}

/// The codes and leaves that are reported, and the cursor behind them.
fn compare(
    files: &[LoggedFile],
    before: Option<&LogCursor>,
) -> (Vec<(&'static str, String)>, LogCursor) {
    let logged = LoggedFiles {
        log: "key".to_owned(),
        origin: ORIGIN.to_owned(),
        size: 100,
        files: BTreeMap::new(),
    };
    let comparison = Comparison {
        author: &author(),
        state: &known(),
        known: before,
        logged: &logged,
        now: now(),
    };
    let (alerts, cursor) = comparison.run(files);
    let short = |alert: Alert| (alert.alert.code(), alert.path.replace(HOME, ""));
    (alerts.into_iter().map(short).collect(), cursor)
}

const RECORD: &str = "MYAUTHOR-sigstore-identities-1.json";
const SECOND: &str = "MYAUTHOR-sigstore-identities-2.json";

#[test]
fn is_silent_about_files_that_are_there() {
    let files = [
        leaf(0, "Foo-1.tar.gz", "foo", 100),
        leaf(1, "Foo-1.tar.gz.sigstore.json", "bundle", 100),
        leaf(2, RECORD, "record", 100),
        leaf(3, &format!("{RECORD}.sigstore.json"), "signature", 100),
    ];
    for before in [None, Some(&LogCursor::default())] {
        let (alerts, cursor) = compare(&files, before);
        assert_eq!((alerts, cursor.upto), (Vec::new(), 100));
    }
}

#[test]
fn reports_logged_files_that_the_author_does_not_have() {
    let files = [
        leaf(0, "Foo-0.tar.gz", "old", 100),
        leaf(1, "Foo-1.tar.gz", "other", 100),
        leaf(2, "Foo-1.tar.gz.sigstore.json", "old", 100),
        leaf(3, RECORD, "other", 100),
        leaf(4, SECOND, "second", 100),
    ];
    let all = [
        "Foo-0.tar.gz",
        "Foo-1.tar.gz",
        "Foo-1.tar.gz.sigstore.json",
        RECORD,
        SECOND,
    ];
    // Files that were deleted long ago are no alarm, and records always are one.
    let (alerts, cursor) = compare(&files, None);
    let codes: Vec<_> = alerts.iter().map(|(code, _)| *code).collect();
    let (before, elsewhere) = ("logged-before", "logged-elsewhere");
    assert_eq!(codes, [before, elsewhere, before, elsewhere, elsewhere]);
    let paths: Vec<_> = alerts.iter().map(|(_, path)| path.as_str()).collect();
    assert_eq!(paths, all);
    assert_eq!(compare(&files, Some(&cursor)), (Vec::new(), cursor));
    // Later they are.
    let (alerts, _) = compare(&files, Some(&LogCursor::default()));
    assert_eq!(alerts, all.map(|path| (elsewhere, path.to_owned())));
}

#[test]
fn awaits_a_mirror_that_is_behind_the_log() {
    let files = [
        leaf(10, "Foo-2.tar.gz", "new", 5),
        leaf(11, SECOND, "second", 6),
        leaf(12, "Foo-3.tar.gz", "newer", 1),
    ];
    let (alerts, cursor) = compare(&files, Some(&LogCursor::default()));
    assert_eq!(alerts, [("logged-elsewhere", SECOND.to_owned())]);
    assert_eq!((cursor.upto, &cursor.reported), (10, &BTreeSet::from([11])));
    // What was reported is not reported again, and what was awaited is not forgotten.
    let later = files.map(|file| LoggedFile {
        time: file.time - LAG,
        ..file
    });
    let (alerts, cursor) = compare(&later, Some(&cursor));
    let paths: Vec<_> = alerts.iter().map(|(_, path)| path.as_str()).collect();
    assert_eq!(paths, ["Foo-2.tar.gz", "Foo-3.tar.gz"]);
    assert_eq!((cursor.upto, cursor.reported), (100, BTreeSet::new()));
}
