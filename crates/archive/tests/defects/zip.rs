//! Zip archives.

use std::io::{Cursor, Write as _};

use cpan_sigstore_archive::{
    Code, Destination, Preflight,
    Severity::{Error, Warning},
};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use crate::archive::{META_JSON, META_YML, has, look_as, the_only};

const NAME: &str = "Foo-Bar-1.02.zip";

type Writer = ZipWriter<Cursor<Vec<u8>>>;

fn options() -> SimpleFileOptions {
    SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .unix_permissions(0o644)
}

fn file(zip: &mut Writer, path: &str, content: &str) {
    zip.start_file(path, options()).unwrap();
    zip.write_all(content.as_bytes()).unwrap();
}

fn release(more: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.add_directory("Foo-Bar-1.02/", options().unix_permissions(0o755))
        .unwrap();
    file(&mut zip, "Foo-Bar-1.02/META.json", META_JSON);
    file(&mut zip, "Foo-Bar-1.02/META.yml", META_YML);
    more(&mut zip);
    zip.finish().unwrap().into_inner()
}

fn look(bytes: &[u8]) -> Preflight {
    look_as(bytes, NAME, &Destination::default())
}

#[test]
fn a_release_as_zip_has_no_defects() {
    let found = look(&release(|zip| file(zip, "Foo-Bar-1.02/lib/Foo.pm", "1;")));
    assert!(found.defects.is_empty(), "{:#?}", found.defects);
    assert_eq!(found.members, 4);
}

#[test]
fn what_is_wrong_with_members_is_found_in_zip_too() {
    let open = release(|zip| {
        zip.start_file("Foo-Bar-1.02/open", options().unix_permissions(0o666))
            .unwrap();
    });
    the_only(&look(&open), Code::WorldWritable, Error);
    let escape = release(|zip| file(zip, "Foo-Bar-1.02/../../evil", "x"));
    has(&look(&escape), Code::PathEscapes, Error);
    let link = release(|zip| {
        zip.add_symlink("Foo-Bar-1.02/l", "../../evil", options())
            .unwrap();
    });
    has(&look(&link), Code::LinkEscapes, Error);
    let case = release(|zip| file(zip, "Foo-Bar-1.02/meta.JSON", "x"));
    the_only(&look(&case), Code::MemberCase, Warning);
}

#[test]
fn meta_in_zip_is_compared_with_the_name() {
    let bytes = release(|_| ());
    let found = look_as(&bytes, "Foo-Bar-1.03.zip", &Destination::default());
    has(&found, Code::NameMismatch, Error);
}

#[test]
fn zip_archives_that_two_readers_see_differently_are_refused() {
    let whole = release(|zip| {
        let stored = options().compression_method(CompressionMethod::Stored);
        zip.start_file("Foo-Bar-1.02/x", stored).unwrap();
        zip.write_all(b"some text").unwrap();
    });
    assert!(look(&whole).is_fit());
    let replace = |from: &[u8], to: &[u8], nth: usize| {
        let at = whole
            .windows(from.len())
            .enumerate()
            .filter(|(_, window)| *window == from)
            .map(|(at, _)| at)
            .nth(nth)
            .unwrap();
        let mut bytes = whole.clone();
        bytes[at..at + to.len()].copy_from_slice(to);
        bytes
    };
    let listed_otherwise = replace(b"Foo-Bar-1.02/x", b"Foo-Bar-1.02/y", 1);
    let listed_twice = replace(b"Foo-Bar-1.02/META.yml", b"Foo-Bar-1.02/META.jso", 1);
    let before = [b"MZ something".to_vec(), whole.clone()].concat();
    let second = [release(|_| ()), whole.clone()].concat();
    let damaged = replace(b"some", b"same", 0);
    for (what, bytes) in [
        ("another name in the directory", listed_otherwise),
        ("another file in the directory", listed_twice),
        ("something before it", before),
        ("two archives", second),
        ("bytes after the end", [whole.as_slice(), b"x"].concat()),
        ("cut", whole[..whole.len() - 30].to_vec()),
        ("damaged", damaged),
    ] {
        let found = look(&bytes);
        assert!(!found.is_fit(), "{what}: {found:#?}");
    }
}

#[test]
fn a_zip_bomb_is_not_unpacked_to_its_end() {
    let bytes = release(|zip| {
        zip.start_file("Foo-Bar-1.02/bomb", options()).unwrap();
        let zeros = vec![0; 1 << 20];
        for _ in 0..80 {
            zip.write_all(&zeros).unwrap();
        }
    });
    the_only(&look(&bytes), Code::LimitPassed, Error);
}
