//! An upstream that is the mirror itself, refuses, or cannot be read while another process wrote the cache.

use std::{
    fs,
    io::{self, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    thread,
};

use cpan_sigstore_sandbox::Fault;

use super::serving::Running;
use crate::{fixtures::author::HOME, harness::World};

/// An address that leads to another one, which is known later.
fn relay() -> (String, Arc<OnceLock<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let target = Arc::new(OnceLock::<String>::new());
    let to = Arc::clone(&target);
    // It ends with the test.
    thread::spawn(move || {
        for from in listener.incoming() {
            let (mut from, mut to) = (from.unwrap(), TcpStream::connect(to.wait()).unwrap());
            let (mut back_from, mut back_to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
            thread::spawn(move || io::copy(&mut from, &mut to));
            thread::spawn(move || {
                let _ = io::copy(&mut back_to, &mut back_from);
                let _ = back_from.shutdown(Shutdown::Both);
            });
        }
    });
    (address, target)
}

#[test]
fn mirror_refuses_to_be_its_own_upstream() {
    let user = World::new().with_policy();
    let (address, target) = relay();
    let upstream = format!("http://{address}/");
    let mirror = Running::start(&user, &["--upstream", &upstream]);
    target.set(mirror.address().to_owned()).unwrap();
    for path in [
        "/modules/02packages.details.txt",
        "/authors/01mailrc.txt.gz",
        &format!("/authors/id/{HOME}/Foo-Bar-1.02.tar.gz"),
    ] {
        let answer = mirror.get(path);
        assert_eq!(answer.status, 403, "{path}: {answer:?}");
    }
    let verdicts = mirror.get("/-/verdicts").text();
    assert!(verdicts.contains("leads back to this mirror"), "{verdicts}");
    mirror.stop();
}

#[test]
fn mirror_takes_no_refused_bundle_for_a_missing_one() {
    let user = World::new().with_policy();
    user.policy("");
    user.publish_release("1.02");
    let mirror = Running::start(&user, &[]);
    mirror.get("/modules/02packages.details.txt");
    let faults = user.sandbox.services.cpan.faults();
    // The bundle is the first file that is requested.
    faults.next(
        1,
        Fault::Answer {
            status: 403,
            headers: Vec::new(),
            body: "Forbidden",
        },
    );
    let answer = mirror.get(&format!("/authors/id/{HOME}/Foo-Bar-1.02.tar.gz"));
    assert_eq!(answer.status, 403, "{answer:?}");
    let verdicts = mirror.get("/-/verdicts").text();
    assert!(verdicts.contains("status 403"), "{verdicts}");
    assert!(!verdicts.contains("unsigned"), "{verdicts}");
}

/// All files below a folder.
fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| match path.is_dir() {
            true => below(&path),
            false => vec![path],
        })
        .collect()
}

#[test]
fn renders_documents_from_the_cache_again() {
    let user = World::new().with_policy();
    user.publish_release("1.02");
    let path = format!("/authors/id/{HOME}/CHECKSUMS");
    let cache = user.path("shared");
    let flags = ["--fresh", "0", "--cache-dir", cache.to_str().unwrap()];
    let first = Running::start(&user, &flags);
    let honest = first.get(&path);
    assert!(honest.text().contains("$cksum = {"), "{honest:?}");
    first.stop();
    // An older version rendered it by other rules, or another process changed it.
    let cached = below(&cache)
        .into_iter()
        .find(|file| fs::read(file).is_ok_and(|bytes| bytes == honest.body));
    let cached = cached.unwrap();
    let mut file = fs::File::options().write(true).open(cached).unwrap();
    file.write_all(b"MARKER();#").unwrap();
    drop(file);
    user.sandbox.services.cpan.faults().always(Fault::busy());
    let mirror = Running::start(&user, &flags);
    let answer = mirror.get(&path);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(!answer.text().contains("MARKER"), "{answer:?}");
    assert_eq!(answer.body, honest.body);
}
