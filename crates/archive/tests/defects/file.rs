//! The file: its name, its suffix and its compressed stream.

use cpan_sigstore_archive::{
    Defect, Destination,
    Severity::{Error, Warning},
    preflight_hashed,
};
use cpan_sigstore_core::digest::Sha256Digest;
use cpan_sigstore_files::HashingWriter;

use crate::archive::{
    NAME, bzip2, entry, file, gzip, has, look, look_as, release, tar, targz, the_only,
};

fn to(author: &str, subdirectory: &str) -> Destination {
    Destination {
        author: Some(author.parse().unwrap()),
        subdirectory: (!subdirectory.is_empty()).then(|| subdirectory.parse().unwrap()),
    }
}

#[test]
fn accepts_releases_of_every_toolchain() {
    for (bytes, name) in [
        (targz(&release()), NAME),
        (targz(&release()), "Foo-Bar-1.02.tgz"),
        (bzip2(&tar(&release())), "Foo-Bar-1.02.tar.bz2"),
        (bzip2(&tar(&release())), "Foo-Bar-1.02.tbz"),
        (targz(&release()), "Foo-Bar-1.02-TRIAL.tar.gz"),
    ] {
        let found = look_as(&bytes, name, &to("TIMLEGGE", "sub/folder"));
        assert!(found.defects.is_empty(), "{name}: {:#?}", found.defects);
        assert_eq!(found.members, 4);
        assert_eq!(found.release.unwrap().distribution(), "Foo-Bar");
    }
}

#[test]
fn reports_empty_files_and_archives() {
    the_only(&look(b""), Defect::Empty, Error);
    the_only(&look(&targz(&[])), Defect::Empty, Error);
}

#[test]
fn reports_suffixes_that_pause_does_not_index() {
    for name in [
        "Foo-Bar-1.02.tar",
        "Foo-Bar-1.02.tar.xz",
        "Foo-Bar-1.02.TGZ",
        "Foo-Bar-1.02",
    ] {
        let found = look_as(&targz(&release()), name, &Destination::default());
        the_only(&found, Defect::SuffixUnknown, Error);
    }
}

#[test]
fn reports_suffix_that_contradicts_the_content() {
    let packed = bzip2(&tar(&release()));
    assert!(
        the_only(&look(&packed), Defect::SuffixMismatch, Error)
            .found
            .contains("bzip2")
    );
    let plain = tar(&release());
    assert!(
        the_only(&look(&plain), Defect::SuffixMismatch, Error)
            .found
            .contains("not compressed")
    );
    the_only(&look(b"no archive at all"), Defect::SuffixMismatch, Error);
}

#[test]
fn reports_characters_that_pause_drops() {
    for name in [
        "Foo-Bar 1.02.tar.gz",
        "Foo-Bär-1.02.tar.gz",
        "Foo-Bar-1.02~1.tar.gz",
        ".Foo-Bar-1.02.tar.gz",
        "-Foo-Bar-1.02.tar.gz",
        "@Foo-Bar-1.02.tar.gz",
    ] {
        let found = look_as(&targz(&release()), name, &Destination::default());
        has(&found, Defect::NameCharacters, Error);
    }
    let found = look_as(&targz(&release()), NAME, &to("TIMLEGGE", "v1.0"));
    the_only(&found, Defect::NameCharacters, Error);
}

#[test]
fn reports_paths_too_long_for_archive_and_bundle() {
    let bytes = targz(&release());
    // `T/TI/TIMLEGGE/` and `.sigstore.json` are 28 characters.
    let name = |length: usize| {
        let tail = "-1.02.tar.gz";
        format!(
            "Foo-Bar{}{tail}",
            "r".repeat(length - "Foo-Bar".len() - tail.len())
        )
    };
    let too_long = |length, destination: &Destination| {
        let found = look_as(&bytes, &name(length), destination);
        found
            .defects
            .iter()
            .any(|defect| defect.code == Defect::PathTooLong)
    };
    assert!(!too_long(227, &to("TIMLEGGE", "")));
    assert!(too_long(228, &to("TIMLEGGE", "")));
    assert!(!too_long(223, &to("TIMLEGGE", "sub")));
    assert!(too_long(224, &to("TIMLEGGE", "sub")));
    // Without an author, the check leaves room for the longest PAUSE id.
    assert!(!too_long(223, &Destination::default()));
    assert!(too_long(224, &Destination::default()));
}

#[test]
fn reports_reserved_file_name() {
    let found = look_as(b"x", "CHECKSUMS", &Destination::default());
    has(&found, Defect::NameReserved, Error);
}

#[test]
fn warns_of_names_without_a_version() {
    let entries = [file("Scattering/Scattering.pm", "1;")];
    let found = look_as(
        &targz(&entries),
        "Scattering.tar.gz",
        &Destination::default(),
    );
    has(&found, Defect::NameUnversioned, Warning);
    assert!(found.is_fit());
}

#[test]
fn reports_truncated_or_damaged_archives() {
    let whole = targz(&release());
    for length in [3, 12, whole.len() / 2, whole.len() - 8, whole.len() - 1] {
        the_only(&look(&whole[..length]), Defect::ArchiveCorrupt, Error);
    }
    let mut flipped = whole.clone();
    let last = flipped.len() - 6;
    flipped[last] ^= 1;
    the_only(&look(&flipped), Defect::ArchiveCorrupt, Error);
    // Truncated before compression.
    let inner = tar(&release());
    the_only(
        &look(&gzip(&inner[..inner.len() - 1024 - 600])),
        Defect::ArchiveCorrupt,
        Error,
    );
    let cut_in_a_header = gzip(&inner[..512 + 300]);
    the_only(&look(&cut_in_a_header), Defect::ArchiveCorrupt, Error);
    // A damaged header, and none at all.
    let mut damaged = inner.clone();
    damaged[0] ^= 1;
    the_only(&look(&gzip(&damaged)), Defect::ArchiveCorrupt, Error);
    the_only(
        &look(&gzip(b"no tar archive")),
        Defect::ArchiveCorrupt,
        Error,
    );
    let bzip2 = bzip2(&inner);
    let found = look_as(
        &bzip2[..bzip2.len() - 4],
        "Foo-Bar-1.02.tbz",
        &Destination::default(),
    );
    the_only(&found, Defect::ArchiveCorrupt, Error);
}

#[test]
fn reports_bytes_after_gzip_stream_and_warns_of_zeros() {
    let whole = targz(&release());
    let append = |bytes: &[u8]| [whole.as_slice(), bytes].concat();
    let defect = the_only(&look(&append(b"x")), Defect::TrailingBytes, Error);
    assert!(
        defect
            .found
            .starts_with(&format!("1 byte after byte {}", whole.len()))
    );
    the_only(&look(&append(&[0; 700])), Defect::TrailingBytes, Warning);
    the_only(&look(&append(b"\0\0x")), Defect::TrailingBytes, Error);
    // `bzip2 -t` accepts anything, but not every reader does.
    let packed = [bzip2(&tar(&release())), b"x".to_vec()].concat();
    let found = look_as(&packed, "Foo-Bar-1.02.tar.bz2", &Destination::default());
    the_only(&found, Defect::TrailingBytes, Error);
    // `gzip` refuses bytes that only start like a stream.
    the_only(
        &look(&append(b"\x1f\x8b\x08garbage")),
        Defect::ArchiveCorrupt,
        Error,
    );
}

#[test]
fn reads_several_gzip_streams_as_one_archive() {
    let whole = tar(&release());
    let parts = [gzip(&whole[..700]), gzip(&whole[700..])].concat();
    let found = look(&parts);
    assert!(found.defects.is_empty(), "{:#?}", found.defects);
    assert_eq!(found.members, 4);
    assert_eq!(found.unpacked, whole.len() as u64);
}

#[test]
fn rejects_gzip_headers_that_readers_refuse() {
    let whole = targz(&release());
    let with_flags = |flags: u8, extra: &[u8]| {
        let mut bytes = whole.clone();
        bytes[3] = flags;
        bytes.splice(10..10, extra.iter().copied());
        bytes
    };
    // Reserved flags, and a wrong checksum of the header.
    for bytes in [
        with_flags(0x20, b""),
        with_flags(0x80, b""),
        with_flags(2, b"xx"),
        [&targz(&[])[..], &with_flags(0x40, b"")].concat(),
    ] {
        has(&look(&bytes), Defect::ArchiveCorrupt, Error);
    }
    assert!(look(&with_flags(8, b"name\0")).defects.is_empty());
}

#[test]
fn reports_members_after_the_end() {
    let hidden = entry(&file(
        "Foo-Bar-1.02/META.json",
        r#"{"name":"Evil","version":"1"}"#,
    ));
    let second = [tar(&release()), hidden.clone()].concat();
    the_only(&look(&gzip(&second)), Defect::DataAfterEnd, Error);
    // The same in a second gzip stream.
    let stream = [targz(&release()), gzip(&hidden)].concat();
    the_only(&look(&stream), Defect::DataAfterEnd, Error);
    let mut junk = [tar(&release()), b"written by an old tar".to_vec()].concat();
    the_only(&look(&gzip(&junk)), Defect::ArchiveCorrupt, Error);
    junk.resize(junk.len().next_multiple_of(512), 0);
    the_only(&look(&gzip(&junk)), Defect::DataAfterEnd, Warning);
}

#[test]
fn hashes_no_archive_again_that_was_hashed_while_it_was_written() {
    use std::io::{Seek as _, Write as _};
    let whole = targz(&release());
    for bytes in [&whole[..], &whole[..40], b"no archive", b"PK\x05\x06"] {
        let file = tempfile::tempfile().unwrap();
        let mut other = file.try_clone().unwrap();
        let mut writer = HashingWriter::new(file).unwrap();
        writer.write(bytes).unwrap();
        let written = writer.finish();
        // A second hash would see another time in the head of the stream.
        other.seek(std::io::SeekFrom::Start(4)).unwrap();
        other.write_all(b"time").unwrap();
        let found = preflight_hashed(&written, NAME, &Destination::default()).unwrap();
        assert_eq!(found.digest, Sha256Digest::of(bytes));
        assert_eq!(found.is_fit(), bytes == whole);
    }
}

#[test]
fn hashes_all_bytes_of_unreadable_archives() {
    use sha2::Digest as _;
    let whole = targz(&release());
    for bytes in [
        whole.clone(),
        whole[..40].to_vec(),
        [whole, vec![7; 300_000]].concat(),
        b"no archive".to_vec(),
        Vec::new(),
    ] {
        let expected: [u8; 32] = sha2::Sha256::digest(&bytes).into();
        assert_eq!(look(&bytes).digest.as_bytes(), &expected);
    }
}
