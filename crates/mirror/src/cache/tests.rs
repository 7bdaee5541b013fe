use super::*;

fn keep(cache: &Cache, bytes: &[u8]) -> Content {
    cache.keep_bytes(bytes).unwrap()
}

#[test]
fn finds_cached_files_by_digest() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path(), 1000).unwrap();
    let content = keep(&cache, b"bytes");
    assert_eq!(cache.bytes(&content).unwrap(), b"bytes");
    assert_eq!(cache.size(), 5);
    // A file that was cut off by a disk is not there.
    fs::write(cache.path(&content.digest), b"byt").unwrap();
    assert!(!cache.has(&content));
    assert_eq!(keep(&cache, b"bytes"), content);
    assert!(cache.has(&content));
}

#[test]
fn writes_bytes_again_that_another_process_changed() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path(), 1000).unwrap();
    let content = keep(&cache, b"bytes");
    fs::write(cache.path(&content.digest), b"other").unwrap();
    assert_eq!(keep(&cache, b"bytes"), content);
    assert_eq!(cache.bytes(&content).unwrap(), b"bytes");
    assert_eq!(cache.size(), 5);
}

#[test]
fn removes_longest_unused_files_above_the_limit() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path(), 100).unwrap();
    let contents: Vec<_> = (0..4u8).map(|byte| keep(&cache, &[byte; 24])).collect();
    for (age, content) in [300, 400, 100, 200].into_iter().zip(&contents) {
        let file = File::open(cache.path(&content.digest)).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(age))
            .unwrap();
    }
    let newest = keep(&cache, &[9; 24]);
    let there: Vec<_> = contents.iter().map(|content| cache.has(content)).collect();
    assert_eq!(there, [false, false, true, true]);
    assert!(cache.has(&newest));
    assert_eq!(cache.size(), 72);
    // Larger than all: what was asked for just now is still handed out.
    let large = keep(&cache, &[1; 200]);
    assert!(cache.has(&large));
    assert!(!cache.has(&newest));
}

#[test]
fn removes_downloads_of_crashed_processes_only() {
    let folder = tempfile::tempdir().unwrap();
    let left = folder.path().join("incoming").join("run-left");
    fs::create_dir_all(&left).unwrap();
    fs::write(left.join("lock"), "").unwrap();
    fs::write(left.join("half"), "half").unwrap();
    let first = Cache::open(folder.path(), 1000).unwrap();
    assert!(!left.exists());
    let incoming = first.incoming().unwrap();
    let second = Cache::open(folder.path(), 1000).unwrap();
    assert!(incoming.path().exists());
    let content = keep(&first, b"shared");
    assert!(second.has(&content));
    drop((first, incoming));
    assert_eq!(
        fs::read_dir(folder.path().join("incoming"))
            .unwrap()
            .count(),
        1
    );
}

#[test]
fn keeps_entries_of_upstreams_and_paths_apart() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path(), 1000).unwrap();
    let index = cache.index("http://one/").unwrap();
    let file = CachedFile {
        path: "authors/id/A/AB/ABC/Foo-1.0.tar.gz".into(),
        content: keep(&cache, b"foo"),
        bundle: None,
        etag: Some("\"x\"".into()),
        last_modified: None,
    };
    index.set(&file).unwrap();
    assert_eq!(index.get(&file.path), Some(file.clone()));
    assert_eq!(index.get("other"), None);
    assert_eq!(cache.index("http://two/").unwrap().get(&file.path), None);
    index.forget(&file.path);
    assert_eq!(index.get(&file.path), None);
}
