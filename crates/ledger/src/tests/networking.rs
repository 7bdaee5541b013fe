//! Appends the files of a CPAN behind an address.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpListener,
    path::{Path, PathBuf},
    thread,
};

use cpan_sigstore_cpan::{Cpan, DIRECTORIES_LIMIT};

use super::support::{MemoryStore, NOW, key};
use crate::{append::Append, create, store::Area, writer::LogWriter};

/// Serves a folder, and returns its address.
fn serve(root: PathBuf) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let (mut head, mut part) = (Vec::new(), [0; 4096]);
            while !head.ends_with(b"\r\n\r\n") {
                let count = stream.read(&mut part).unwrap();
                head.extend_from_slice(&part[..count]);
            }
            let head = String::from_utf8(head).unwrap();
            let path = head.split(' ').nth(1).unwrap().trim_start_matches('/');
            let (status, body) = match fs::read(root.join(path)) {
                Ok(body) => (200, body),
                Err(_) => (404, Vec::new()),
            };
            let head = format!(
                "HTTP/1.1 {status} x\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            stream
                .write_all(&[head.as_bytes(), &body].concat())
                .unwrap();
        }
    });
    address
}

fn write(root: &Path, path: &str, content: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

#[tokio::test]
async fn logs_all_other_authors_if_some_cannot_be_listed() {
    let root = tempfile::tempdir().unwrap();
    let authors = ["ABC", "BAD", "MANY", "XYZ"];
    let list = authors.map(|author| format!("alias {author} \"{author} <CENSORED>\"\n"));
    write(root.path(), "authors/01mailrc.txt", &list.concat());
    write(root.path(), "modules/02packages.details.txt", "index");
    let many: String = (0..=DIRECTORIES_LIMIT)
        .map(|at| format!("'d{at}' => {{'isdir' => 1}},"))
        .collect();
    let homes = authors.map(|id| format!("authors/id/{}/{}/{id}", &id[..1], &id[..2]));
    for (home, more) in homes.iter().zip(["", "}", &many, ""]) {
        let listing = format!("$cksum = {{'Foo-1.tar.gz' => {{'size' => 3}},{more}}};\n");
        write(root.path(), &format!("{home}/CHECKSUMS"), &listing);
        write(root.path(), &format!("{home}/Foo-1.tar.gz"), "foo");
    }
    // RECENT alone would be enough for the next append.
    let recent = "meta:\n  protocol: 1\n  interval: 1h\nrecent:\n  - epoch: 100\n    \
                  path: id/A/AB/ABC/Foo-1.tar.gz\n    type: new\n";
    write(root.path(), "authors/RECENT-1h.yaml", recent);
    let (store, key) = (MemoryStore::new(), key());
    create(&store, &key).unwrap();
    let mut writer = LogWriter::open(&store, &key).unwrap();
    let plan = Append {
        writer: &mut writer,
        cpan: &Cpan::at(&serve(root.path().to_owned())).unwrap(),
        clock: &|| NOW,
        progress: &|_, _| {},
    };
    let appended = plan.run().await.unwrap();
    let unread: Vec<_> = appended.unread.iter().map(|one| &*one.path).collect();
    assert_eq!(unread, ["authors/id/B/BA/BAD/", "authors/id/M/MA/MANY/"]);
    // The author with too many directories has those that were listed before.
    assert_eq!((appended.archives, appended.package_indexes), (3, 1));
    assert!(store.get(Area::State, "since").is_none());
}
