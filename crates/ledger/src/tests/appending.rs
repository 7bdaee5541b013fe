//! Appends the files of a CPAN in a folder.

use std::{fs, path::Path};

use cpan_sigstore_cpan::{ARCHIVE_LIMIT, Cpan, DIRECTORIES_LIMIT};
use cpan_sigstore_tlog::leaf::{Leaf, LeafKind};

use super::support::{MemoryStore, NOW, audited, key, policy};
use crate::{
    append::{Append, AppendError, Appended},
    create,
    scan::{ScanError, candidate},
    store::Area,
    writer::LogWriter,
};

const HOME: &str = "authors/id/A/AB/ABC";

fn write(root: &Path, path: &str, content: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn cpan() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for (file, content) in [
        ("Foo-1.tar.gz", "one"),
        ("Foo-1.tar.gz.sigstore.json", "{}"),
        ("Foo-1.meta", "meta"),
        ("Foo-1.readme", "readme"),
        ("CHECKSUMS", "checksums"),
        ("old/dir/Foo-0.1.zip", "old"),
        ("ABC-sigstore-identities-1.json", "record"),
        ("ABC-sigstore-identities-1.json.sigstore.json", "bundle"),
    ] {
        write(root.path(), &format!("{HOME}/{file}"), content);
    }
    write(root.path(), "modules/02packages.details.txt", "index");
    root
}

fn new_log() -> MemoryStore {
    let store = MemoryStore::new();
    create(&store, &key()).unwrap();
    store
}

async fn append(store: &MemoryStore, root: &Path, now: u64) -> Result<Appended, AppendError> {
    let key = key();
    let mut writer = LogWriter::open(store, &key)?;
    let cpan = Cpan::in_folder(root);
    let plan = Append {
        writer: &mut writer,
        cpan: &cpan,
        clock: &|| now,
        progress: &|_, _| {},
    };
    let appended = plan.run().await?;
    writer.publish(&writer.checkpoint().clone(), &policy())?;
    Ok(appended)
}

fn logged(store: &MemoryStore, path: &str) -> Option<Leaf> {
    let key = key();
    let writer = LogWriter::open(store, &key).unwrap();
    writer
        .find(&path.parse().unwrap())
        .unwrap()
        .map(|(_, leaf)| leaf)
}

#[tokio::test]
async fn logs_archives_bundles_records_and_the_package_index() {
    let (root, store) = (cpan(), new_log());
    let appended = append(&store, root.path(), NOW).await.unwrap();
    let counts = (
        appended.archives,
        appended.bundles,
        appended.records,
        appended.package_indexes,
    );
    assert_eq!((counts, appended.leaves), ((2, 2, 1, 1), 6));
    let leaf = logged(&store, &format!("{HOME}/old/dir/Foo-0.1.zip")).unwrap();
    assert_eq!(
        (leaf.kind(), leaf.size(), leaf.time()),
        (LeafKind::Archive, 3, NOW)
    );
    assert_eq!(audited(&store).await.faults, []);
    let again = append(&store, root.path(), NOW + 5).await.unwrap();
    assert_eq!(again.leaves, 0);
}

#[tokio::test]
async fn logs_each_author_index_of_an_operator() {
    let (root, store) = (cpan(), new_log());
    append(&store, root.path(), NOW).await.unwrap();
    let path = "-/index.json";
    assert_eq!(logged(&store, path), None);
    for (at, (text, leaves)) in [("one", 1), ("one", 0), ("newer", 1)]
        .into_iter()
        .enumerate()
    {
        write(root.path(), path, text);
        let now = NOW + 1 + at as u64;
        let appended = append(&store, root.path(), now).await.unwrap();
        assert_eq!(appended.leaves, leaves, "{text}");
        let leaf = logged(&store, path).unwrap();
        assert_eq!(
            (leaf.kind(), leaf.size()),
            (LeafKind::AuthorIndex, text.len() as u64)
        );
    }
    assert_eq!(audited(&store).await.faults, []);
}

#[tokio::test]
async fn logs_what_changed_but_no_archive_twice() {
    let (root, store) = (cpan(), new_log());
    append(&store, root.path(), NOW).await.unwrap();
    write(root.path(), &format!("{HOME}/Foo-1.tar.gz"), "other");
    write(
        root.path(),
        &format!("{HOME}/Foo-1.tar.gz.sigstore.json"),
        "[]",
    );
    write(root.path(), &format!("{HOME}/Foo-2.tar.gz"), "two");
    write(root.path(), "modules/02packages.details.txt", "newer");
    let appended = append(&store, root.path(), NOW + 5).await.unwrap();
    assert_eq!(
        (
            appended.archives,
            appended.bundles,
            appended.package_indexes
        ),
        (1, 1, 1)
    );
    assert_eq!(audited(&store).await.faults, []);
    let leaf = logged(&store, &format!("{HOME}/Foo-1.tar.gz")).unwrap();
    assert_eq!(leaf.size(), 3);
}

#[tokio::test]
async fn reads_changes_from_recent_files() {
    let (root, store) = (cpan(), new_log());
    let recent = |events: &str, interval: &str| {
        let text = format!(
            "meta:\n  protocol: 1\n  interval: {interval}\n  dirtymark: 1\nrecent:\n{events}"
        );
        write(
            root.path(),
            &format!("authors/RECENT-{interval}.yaml"),
            &text,
        );
    };
    let event = |epoch: u64, path: &str, kind: &str| {
        format!("  - epoch: {epoch}\n    path: id/A/AB/ABC/{path}\n    type: {kind}\n")
    };
    let old = event(100, "Foo-1.tar.gz", "new");
    recent(&old, "1h");
    append(&store, root.path(), NOW).await.unwrap();
    // Listed by no event, so that it is not read.
    write(root.path(), &format!("{HOME}/Foo-3.tar.gz"), "three");
    write(root.path(), &format!("{HOME}/Foo-2.tar.gz"), "two");
    write(root.path(), &format!("{HOME}/Foo-1.tar.gz"), "other");
    let events = [
        event(103, "Foo-1.tar.gz", "new"),
        event(102, "Foo-2.tar.gz", "new"),
        event(101, "Foo-9.tar.gz", "delete"),
        old,
    ];
    recent(&events.concat(), "1h");
    let appended = append(&store, root.path(), NOW + 5).await.unwrap();
    assert_eq!((appended.leaves, appended.read), (1, 3));
    assert!(logged(&store, &format!("{HOME}/Foo-2.tar.gz")).is_some());
    assert!(logged(&store, &format!("{HOME}/Foo-3.tar.gz")).is_none());
    let [changed] = &appended.changed[..] else {
        panic!("{appended:?}")
    };
    assert_eq!(changed.path, format!("{HOME}/Foo-1.tar.gz"));
    assert_eq!(audited(&store).await.faults, []);
}

#[tokio::test]
async fn refuses_folder_that_is_no_cpan() {
    let (root, store) = (tempfile::tempdir().unwrap(), new_log());
    let error = append(&store, root.path(), NOW).await.unwrap_err();
    assert!(
        matches!(error, AppendError::Scan(ScanError::NoCpan(_))),
        "{error}"
    );
}

#[test]
fn knows_the_kinds_of_logged_files() {
    let kind = |file: &str| candidate(&format!("{HOME}/{file}")).map(|path| path.kind());
    assert_eq!(kind("Foo-1.tgz"), Some(LeafKind::Archive));
    assert_eq!(kind("Foo-1.tgz.sigstore.json"), Some(LeafKind::Bundle));
    assert_eq!(
        kind("ABC-sigstore-identities-2.json"),
        Some(LeafKind::Record)
    );
    for file in [
        "CHECKSUMS",
        "Foo-1.meta",
        "../Foo-1.tgz",
        "DEF-sigstore-identities-2.json",
    ] {
        assert_eq!(kind(file), None, "{file}");
    }
    assert_eq!(candidate("modules/02packages.details.txt"), None);
}

#[tokio::test]
async fn logs_the_longest_path_of_a_cpan() {
    let (root, store) = (cpan(), new_log());
    let below = format!("{}/{}", "d".repeat(150), "e".repeat(49));
    let (start, end) = (format!("{HOME}/{below}/"), "-1.0.tar.gz");
    let file = format!("{start}{}{end}", "F".repeat(255 - end.len()));
    assert!(
        file.len() <= 512 && candidate(&file).is_some(),
        "{}",
        file.len()
    );
    write(root.path(), &file, "one");
    let appended = append(&store, root.path(), NOW).await.unwrap();
    assert_eq!(appended.archives, 3);
    let audit = audited(&store).await;
    assert!(audit.faults.is_empty(), "{:?}", audit.faults);
}

#[tokio::test]
async fn logs_files_of_author_with_many_and_deep_folders() {
    let (root, store) = (cpan(), new_log());
    for at in 0..=DIRECTORIES_LIMIT {
        fs::create_dir_all(root.path().join(format!("{HOME}/many/{at}"))).unwrap();
    }
    let deep = "d/".repeat(90);
    write(root.path(), &format!("{HOME}/{deep}Foo-2.tar.gz"), "deep");
    let appended = append(&store, root.path(), NOW).await.unwrap();
    assert_eq!(appended.archives, 3);
}

fn unread(appended: &Appended) -> Vec<&str> {
    let unread = appended.unread.iter();
    unread.map(|unread| unread.path.as_str()).collect()
}

fn recent(root: &Path, epoch: u64) {
    let events: String = (100..=epoch)
        .rev()
        .map(|at| {
            format!("  - epoch: {at}\n    path: id/A/AB/ABC/Foo-{at}.tar.gz\n    type: new\n")
        })
        .collect();
    let text = format!("meta:\n  protocol: 1\n  interval: 1h\n  dirtymark: 1\nrecent:\n{events}");
    write(root, "authors/RECENT-1h.yaml", &text);
}

#[cfg(unix)]
#[tokio::test]
async fn logs_all_other_files_if_one_is_too_large_or_leads_out() {
    let (root, store) = (cpan(), new_log());
    let (large, out) = (
        format!("{HOME}/Foo-100.tar.gz"),
        format!("{HOME}/Foo-101.tar.gz"),
    );
    let file = fs::File::create(root.path().join(&large)).unwrap();
    file.set_len(ARCHIVE_LIMIT + 1).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", root.path().join(&out)).unwrap();
    recent(root.path(), 101);
    let appended = append(&store, root.path(), NOW).await.unwrap();
    assert_eq!(appended.leaves, 6);
    assert_eq!(unread(&appended), [large.as_str(), out.as_str()]);
    // The time of the newest change is not remembered, so that the next append tries again.
    assert!(store.get(Area::State, "since").is_none());
    for path in [&large, &out] {
        fs::remove_file(root.path().join(path)).unwrap();
        write(root.path(), path, "mended");
    }
    let appended = append(&store, root.path(), NOW).await.unwrap();
    assert_eq!((appended.archives, unread(&appended)), (2, Vec::new()));
    assert!(store.get(Area::State, "since").is_some());
}
