//! Zip archives.

use std::io::{Cursor, Write as _};

use cpan_sigstore_archive::{
    Defect, Destination, Preflight,
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
fn accepts_releases_packed_as_zip() {
    let found = look(&release(|zip| file(zip, "Foo-Bar-1.02/lib/Foo.pm", "1;")));
    assert!(found.defects.is_empty(), "{:#?}", found.defects);
    assert_eq!(found.members, 4);
}

#[test]
fn reports_member_defects_in_zip_archives() {
    let open = release(|zip| {
        zip.start_file("Foo-Bar-1.02/open", options().unix_permissions(0o666))
            .unwrap();
    });
    the_only(&look(&open), Defect::WorldWritable, Error);
    let escape = release(|zip| file(zip, "Foo-Bar-1.02/../../evil", "x"));
    has(&look(&escape), Defect::PathEscapes, Error);
    let link = release(|zip| {
        zip.add_symlink(
            "Foo-Bar-1.02/l",
            "../../evil",
            options().unix_permissions(0o777),
        )
        .unwrap();
    });
    has(&look(&link), Defect::LinkEscapes, Error);
    let case = release(|zip| file(zip, "Foo-Bar-1.02/meta.JSON", "x"));
    the_only(&look(&case), Defect::MemberCase, Warning);
}

#[test]
fn compares_meta_in_zip_archives_with_the_name() {
    let bytes = release(|_| ());
    let found = look_as(&bytes, "Foo-Bar-1.03.zip", &Destination::default());
    has(&found, Defect::NameMismatch, Error);
}

#[test]
fn rejects_zip_archives_that_readers_see_differently() {
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
    let edited = |from: &[u8], nth: usize, at: usize, to: &[u8]| {
        let start = whole
            .windows(from.len())
            .enumerate()
            .filter(|(_, window)| *window == from)
            .map(|(start, _)| start + at)
            .nth(nth)
            .unwrap();
        let mut bytes = whole.clone();
        bytes[start..start + to.len()].copy_from_slice(to);
        bytes
    };
    let central = |at: usize, to: &[u8]| edited(b"PK\x01\x02", 1, at, to);
    let local = |at: usize, to: &[u8]| edited(b"PK\x03\x04", 1, at, to);
    let end = |at: usize, to: &[u8]| edited(b"PK\x05\x06", 0, at, to);
    for (what, bytes) in [
        // Unzip leaves out such a member.
        ("a version that unzip does not know", central(6, &[47, 0])),
        ("another version beside the content", local(4, &[47, 0])),
        // Archive::Zip and bsdtar refuse such an archive, unzip repairs it.
        ("another size of the directory", end(12, &[1])),
        ("another start of the directory", end(16, &[1])),
        ("another number of members", end(10, &[3])),
        ("another number of members on this disk", end(8, &[3])),
        ("another disk", end(4, &[1])),
        ("another system", central(5, &[2])),
        ("an encrypted member", central(8, &[1])),
        ("another time", local(10, &[9])),
        ("another checksum beside the content", local(14, &[9])),
        ("another attribute of a folder", central(38 + 3, &[0x40])),
        ("a volume label, which unzip skips", central(38, &[8])),
        (
            "an attribute that unzip takes for another form",
            central(36, &[4]),
        ),
        ("another start of a member", central(42, &[1])),
    ] {
        the_only(&look(&bytes), Defect::ZipForm, Error);
        assert!(!look(&bytes).is_fit(), "{what}");
    }
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
fn stops_unpacking_zip_bombs() {
    let bytes = release(|zip| {
        zip.start_file("Foo-Bar-1.02/bomb", options()).unwrap();
        let zeros = vec![0; 1 << 20];
        for _ in 0..80 {
            zip.write_all(&zeros).unwrap();
        }
    });
    the_only(&look(&bytes), Defect::LimitPassed, Error);
}

#[test]
fn rejects_names_that_unzip_changes() {
    for name in ["x;1", "x\\y", "\u{e4}", "x\n"] {
        let found = look(&release(|zip| {
            file(zip, &format!("Foo-Bar-1.02/{name}"), "x")
        }));
        the_only(&found, Defect::ZipForm, Error);
    }
}

#[test]
fn rejects_zip_archives_that_are_an_image_of_a_disk() {
    // bsdtar takes them for one.
    let image = |at: usize| {
        release(|zip| {
            let stored = options().compression_method(CompressionMethod::Stored);
            zip.start_file("Foo-Bar-1.02/x", stored).unwrap();
            let mut content = vec![0; 40_000];
            content[at..at + 5].copy_from_slice(b"CD001");
            zip.write_all(&content).unwrap();
        })
    };
    let whole = image(0);
    assert!(look(&whole).is_fit());
    let start = whole.windows(5).position(|window| window == b"CD001");
    let found = look(&image(16 * 2048 + 1 - start.unwrap()));
    the_only(&found, Defect::ZipForm, Error);
}
