//! Uploads that PAUSE changes or drops.

use std::io::{Read, Write};

use crate::harness::{ARCHIVE, HOME, Uploader, distribution, gzip, tar};
use cpan_sigstore_testkit::archive;
use flate2::read::MultiGzDecoder;

fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut unpacked = Vec::new();
    MultiGzDecoder::new(bytes)
        .read_to_end(&mut unpacked)
        .unwrap();
    unpacked
}

/// Returns paths, modes and contents of a tar archive.
fn members(tar: &[u8]) -> Vec<(String, u32, String)> {
    let mut archive = tar::Archive::new(tar);
    let members = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().display().to_string();
        let mode = entry.header().mode().unwrap();
        let mut content = String::new();
        entry.read_to_string(&mut content).unwrap();
        (path, mode, content)
    });
    members.collect()
}

async fn published(uploader: &Uploader, name: &str, bytes: &[u8]) -> Option<Vec<u8>> {
    uploader.upload(name, bytes).await.succeeded();
    uploader.sandbox.pause.file(&format!("{HOME}/{name}"))
}

#[tokio::test]
async fn repacks_world_writable_members() {
    let uploader = Uploader::new();
    let long = format!("Foo-Bar-1.02/{}x", "directory/".repeat(20));
    let plain = tar(&[
        ("Foo-Bar-1.02/lib/Foo/Bar.pm", 0o666, "package Foo::Bar;"),
        ("Foo-Bar-1.02/script", 0o755, "#!perl"),
        (&long, 0o644, "x"),
    ]);
    let bytes = gzip(&plain);
    let changed = published(&uploader, ARCHIVE, &bytes).await.unwrap();
    assert_ne!(changed, bytes);
    let mut expected = members(&plain);
    expected[0].1 = 0o644;
    assert_eq!(members(&gunzip(&changed)), expected);

    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    encoder.write_all(&plain).unwrap();
    let bytes = encoder.finish().unwrap();
    let changed = published(&uploader, "Foo-Bar-1.02.tar.bz2", &bytes)
        .await
        .unwrap();
    let mut unpacked = Vec::new();
    bzip2::read::BzDecoder::new(changed.as_slice())
        .read_to_end(&mut unpacked)
        .unwrap();
    assert_eq!(members(&unpacked), expected);
}

#[tokio::test]
async fn removes_garbage_after_gzip_by_recompressing() {
    let uploader = Uploader::new();
    let right = distribution("1.02");
    let sent = [right.as_slice(), b"garbage"].concat();
    let changed = published(&uploader, ARCHIVE, &sent).await.unwrap();
    assert_ne!(changed, sent);
    assert_eq!(gunzip(&changed), gunzip(&right));
}

#[tokio::test]
async fn keeps_padding_and_further_streams() {
    let uploader = Uploader::new();
    let padded = [distribution("1.02").as_slice(), &[0; 512]].concat();
    assert_eq!(published(&uploader, ARCHIVE, &padded).await, Some(padded));
    let unpacked = gunzip(&distribution("1.03"));
    let (one, other) = unpacked.split_at(700);
    let streams = [gzip(one), gzip(other)].concat();
    assert_eq!(
        published(&uploader, "Foo-Bar-1.03.tgz", &streams).await,
        Some(streams)
    );
}

#[tokio::test]
async fn ignores_the_mode_of_symbolic_links() {
    let uploader = Uploader::new();
    let member = archive::link("Foo-Bar-1.02/link", tar::EntryType::Symlink, "target");
    let bytes = gzip(&archive::tar(&[member]));
    assert_eq!(published(&uploader, ARCHIVE, &bytes).await, Some(bytes));
}

#[tokio::test]
async fn drops_misnamed_compression_and_frees_the_name() {
    let uploader = Uploader::new();
    let whole = distribution("1.02");
    let half = &whole[..whole.len() / 2];
    for broken in [b"not gzip at all".as_slice(), half] {
        assert_eq!(published(&uploader, ARCHIVE, broken).await, None);
    }
    assert_eq!(published(&uploader, ARCHIVE, &whole).await, Some(whole));
}

#[tokio::test]
async fn refuses_releases_of_perl_itself() {
    let uploader = Uploader::new();
    let dropped = published(&uploader, "perl-5.42.0.tar.gz", &distribution("1.02")).await;
    assert_eq!(dropped, None);
}

#[tokio::test]
async fn publishes_other_files_than_archives_unchanged() {
    let uploader = Uploader::new();
    for name in [
        "Foo-Bar-1.02.tar.gz.sigstore.json",
        "notes.txt",
        "Foo.patch",
    ] {
        let bytes = b"{ any bytes }".to_vec();
        assert_eq!(
            published(&uploader, name, &bytes).await,
            Some(bytes),
            "{name}"
        );
    }
}
